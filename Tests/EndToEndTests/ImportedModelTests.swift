// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// `Fixtures/projects/imported-pmml` and `imported-onnx`: one training, two exporters, two scorers.
@Suite struct ImportedModelTests {
  /// Deploys both projects' models and predicts; each one's predictions are left in `NAME.csv`.
  private func predicted() -> Site {
    let site = Site()
    let run = site.run(
      """
      cp -r '\(Fixture.path("projects"))'/imported-* . && chmod -R u+w imported-*
      echo '{fourEyes: false}' > policy.yaml
      { jobledger policy set policy.yaml --reason 'a test alone' &&
        for kind in pmml onnx; do
          jobledger project add imported-$kind &&
          jobledger import imported-$kind/tumour '\(Fixture.path("models"))'/tumour-lr.$kind &&
          jobledger evaluate imported-$kind/tumour@1 &&
          jobledger approve imported-$kind/tumour@1 --reason 'it scores' &&
          jobledger deploy imported-$kind/tumour@1 --target production &&
          jobledger predict $(jobledger deployments --json | tail -1 |
            sed 's/.*"deployment":"\\([a-z0-9-]*\\)".*/\\1/') || exit 1
        done; } > shown 2>&1
      """)
    #expect(run.exit == 0, "\(site.run("cat shown").text)\(run.words)")
    return site
  }

  @Test func `both scorers agree with each other and with ONNX's own evaluator, row by row`() throws
  {
    let site = predicted()
    // What a prediction left is found by its digest, as anybody would.
    site.write(
      """
      import csv, io, json, subprocess, sys
      import numpy, onnx
      from onnx.reference import ReferenceEvaluator

      ledger, models, data = sys.argv[1:]
      def run(*words):
          return subprocess.run(["jobledger", *words], check=True, capture_output=True, text=True).stdout
      def blob(digest):
          digest = digest.removeprefix("sha256:")
          return open(f"{ledger}/blobs/sha256/{digest[:2]}/{digest}", "rb").read()
      made = {}
      for line in run("jobs", "--json", "--kind", "prediction").splitlines():
          job = json.loads(line)
          (entry,) = json.loads(blob(job["outputs"]["digest"]))
          table = list(csv.DictReader(io.StringIO(blob(entry["digest"]).decode())))
          made[job["project"]] = [float(row["probability"]) for row in table]
      rows = list(csv.DictReader(open(data)))
      names = [name for name in rows[0] if name != "id"]
      matrix = numpy.array([[float(row[name]) for name in names] for row in rows], numpy.float32)
      label, chances = ReferenceEvaluator(onnx.load(f"{models}/tumour-lr.onnx")).run(
          None, {"float_input": matrix})
      oracle = chances[:, 1]
      assert len(rows) == 56 and {len(v) for v in made.values()} == {56}, made.keys()
      for name, values in made.items():
          worst = max(abs(a - b) for a, b in zip(values, oracle))
          assert worst < 2e-5, (name, worst)
      print(sorted(made))
      """, to: "compare.py")
    // The Python with the packages is the one of whoever runs the tests, and not this site's.
    let variable = { (name: String) in getenv(name).map { String(cString: $0) } }
    let python = variable("JOBLEDGER_TEST_PYTHON") ?? "python3"
    let run = site.run(
      """
      PATH="$(dirname "$(command -v jobledger)"):\(variable("PATH") ?? "/usr/bin:/bin")"
      HOME='\(variable("HOME") ?? "/")' '\(python)' compare.py L '\(Fixture.path("models"))' \
        '\(Fixture.path("projects"))/imported-onnx/data/new.csv'
      """)
    #expect(run.exit == 0, "\(run.words)")
    #expect(run.text == "['imported-onnx', 'imported-pmml']\n", "\(run.text)")
    site.verify()
  }

  @Test func `a model that the scorer does not know is refused, not guessed`() {
    let site = Site()
    let run = site.run(
      """
      cp -r '\(Fixture.path("projects"))/imported-onnx' tumours && jobledger project add tumours
      jobledger import tumour '\(Fixture.path("models"))/tumour-tree-columns.onnx' > /dev/null 2>&1
      jobledger evaluate imported-onnx/tumour@1
      """)
    #expect(run.exit == 1, "\(run.words)")
    #expect((run.text + run.words).contains("is not known here"), "\(run.text)\(run.words)")
    #expect(!site.types().contains("version.evaluated"))
    site.verify()
  }
}

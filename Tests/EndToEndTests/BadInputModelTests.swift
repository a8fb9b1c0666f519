// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

/// Model files and data sets that are cut, lie, explode or bite: what is refused says what, on what
/// and why, what is kept stays harmless, and nothing is lost.
@Suite struct BadInputModelTests {
  /// Makes one file by its name, in Python.
  private static let maker = """
    import os, pickle, struct, sys, zipfile
    models, name = sys.argv[1:]
    head = '<?xml version="1.0"?>\\n'
    root = '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">'
    def text(words): open(name, "w").write(words)
    def model(file): return open(f"{models}/{file}", "rb").read()
    def archive(*files):
        with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as made:
            for path, content in files: made.writestr(path, content)
    ini = "[info]\\nalgo = gbm\\n[columns]\\na\\nb\\n"
    class Program:
        def __reduce__(self): return os.system, ("touch loaded",)
    if name == "doctype.pmml":
        text(head + '<!DOCTYPE PMML SYSTEM "file:///etc/passwd">\\n' + root + "</PMML>")
    if name == "laughs.pmml":
        names = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
        text(head + '<!DOCTYPE PMML [<!ENTITY a0 "x">' + "".join(names) + "]>\\n" + root
             + '<Header copyright="&a11;"/></PMML>')
    if name == "outside.pmml":
        text(head + '<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/hostname">]>\\n' + root
             + "<Header>&x;</Header></PMML>")
    if name == "utf16.pmml":
        words = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE PMML [<!ENTITY a "b">]>' + root
        open(name, "wb").write((words + "</PMML>").encode("utf-16"))
    if name == "deep.pmml":
        text(head + root + "<Extension>" * 100_000 + "</Extension>" * 100_000 + "</PMML>")
    if name == "wide.pmml":
        field = '<DataField name="c%d" optype="continuous" dataType="double"/>'
        fields = "".join(field % n for n in range(30_000))
        text(head + root + "<DataDictionary>" + fields + "</DataDictionary></PMML>")
    if name == "cut.pmml": open(name, "wb").write(model("tumour-lr.pmml")[:2000])
    if name == "cut.onnx": open(name, "wb").write(model("tumour-lr.onnx")[:300])
    if name == "last.onnx": open(name, "wb").write(model("tumour-lr.onnx")[:-1])
    if name == "huge.onnx":
        open(name, "wb").write(model("tumour-lr.onnx")[:12] + b":" + b"\\xff" * 8 + b"\\x7f" + b"x" * 99)
    if name == "cut.zip": open(name, "wb").write(model("tumour-gbm.mojo.zip")[:300])
    if name == "method.zip":
        open(name, "wb").write(model("tumour-gbm.mojo.zip").replace(b"\\x08\\0", b"\\x63\\0"))
    if name == "ini-bomb.zip": archive(("model.ini", ini + "\\n" * 100_000_000))
    if name == "link.zip":
        link = zipfile.ZipInfo("model.ini")
        link.external_attr = 0o120777 << 16
        archive((link, "/etc/passwd"))
    if name == "slip.zip":
        archive(("model.ini", ini), ("../slipped", "x"), (os.path.abspath("slipped"), "x"))
    if name == "bomb.zip": archive(("model.ini", ini), ("trees/0", bytes(100_000_000)))
    if name == "many.zip": archive(("model.ini", ini), *((f"trees/{n}", "") for n in range(20_000)))
    if name == "program.pickle": pickle.dump(Program(), open(name, "wb"))
    if name == "program.joblib": open(name, "wb").write(pickle.dumps(Program(), 0))

    """

  /// A site whose `make NAME` makes such a file.
  private func site() -> Site {
    let site = Site()
    site.write(BadInputModelTests.maker, to: "maker.py")
    site.write("python3 maker.py '\(Fixture.path("models"))' \"$1\"\n", to: "make.sh")
    site.write("a,b\n1,2\n3,4\n", to: "fine.csv")
    return site
  }

  @Test(arguments: [
    ("doctype.pmml", "DOCTYPE on line 2"), ("laughs.pmml", "DOCTYPE on line 2"),
    ("outside.pmml", "DOCTYPE on line 2"), ("utf16.pmml", "DOCTYPE"),
    ("deep.pmml", "depth beyond the limit"), ("wide.pmml", "fields beyond the limit"),
    ("cut.pmml", "no sound PMML"), ("cut.onnx", "no sound ONNX"), ("last.onnx", "no sound ONNX"),
    ("huge.onnx", "no sound ONNX"), ("cut.zip", "no sound MOJO"), ("method.zip", "no sound MOJO"),
    ("ini-bomb.zip", "model.ini beyond the limit"), ("link.zip", "no sound MOJO"),
  ])
  func `a model file that is cut, explodes or leads elsewhere is refused, or kept and not read`(
    name: String, words: String
  ) {
    let site = site()
    let size = site.size
    let refused = site.run("sh make.sh \(name) && jobledger import other \(name)")
    #expect(refused.exit == 65, "\(refused.exit): \(refused.words)")
    // What was attempted, on what, why, and what to do next.
    for part in ["cannot import p/other", name, words, "name its --format"] {
      #expect(refused.words.contains(part), "\(part): \(refused.words)")
    }
    #expect(site.size == size)
    // Whoever wants it all the same has its bytes kept, and nobody ever reads them.
    let kept = site.run(
      """
      jobledger import other \(name) --format odd > shown 2>&1 || exit 98
      jobledger statistics other@1 --data fine.csv
      """)
    #expect(kept.exit == 1, "\(kept.text)\(kept.words)")
    #expect(kept.text.contains(words), "\(kept.text)\(kept.words)")
    let bytes = site.run(
      "cat L/blobs/sha256/*/$(sha256sum \(name) | cut -d' ' -f1) | cmp - \(name)")
    #expect(bytes.exit == 0, "\(bytes.words)")
    site.verify()
  }

  @Test func `what an archive or a pickle would do to others is told, and not done here`() {
    let site = site()
    let run = site.run(
      """
      for name in slip.zip bomb.zip many.zip program.pickle program.joblib; do
        sh make.sh $name && jobledger import other $name > shown 2>&1 || exit 98
      done
      before=$(ls -R . | wc -l)
      for n in 1 2 3 4 5; do
        jobledger statistics other@$n --data fine.csv 2>&1 | sed "s:$SITE:S:"
      done
      find . -name 'slipped*' -o -name loaded
      find L/blobs -size +20M
      """)
    #expect(run.exit == 0, "\(run.words)")
    let warned = [
      "whoever unpacks it may write outside of the folder: it holds ../slipped",
      "whoever unpacks it may write outside of the folder: it holds S/slipped",
      "it unpacks to 1000000", "it would import posix.system when it is loaded",
    ]
    for words in warned { #expect(run.text.contains(words), "\(words): \(run.text)") }
    #expect(!run.text.contains("\n./"), "\(run.text)")
    let warnings = site.run("jobledger logs $(job) --level warning").text
    #expect(warnings.contains("posix.system"))
    site.verify()
  }

  @Test func `a file that changes while it is taken in is refused`() {
    let site = Site()
    let size = site.size
    let run = site.run(
      """
      truncate -s 600M growing
      sh -c 'while [ ! -e done ]; do printf x >> growing; : > grows; done' & writer=$!
      poll '[ -e grows ]'
      jobledger import other growing; echo $?
      : > done; wait $writer
      find L/blobs -size +100M
      """)
    #expect(run.text == "65\n", "\(run.text)\(run.words)")
    #expect(run.words.contains("it changed while it was read"), "\(run.words)")
    #expect(site.size == size)
    site.verify()
  }

  @Test(arguments: [
    // What it is, in Python; what is said of it; the exit code.
    ("b'a,b\\n'", "there is a header and nothing else", 0),
    ("b'a,b\\n1\\n1,2,3\\n'", "another number of fields than the header, on line 2, 3", 0),
    ("b''", "there is no header line", 1),
    ("b'x,y\\n1,2\\n'", "the model wants a, the data do not have it", 1),
    ("b'a,b\\nred,2\\n'", "the model wants numbers", 1),
    ("'a,b\\n1,2\\n'.encode('utf-16')", "UTF-16", 1),
    ("b'a,b\\n' + b'x' * 9_000_000 + b',1\\n'", "longer than", 1),
    ("','.join(f'c{n}' for n in range(20_000)).encode()", "more than 10000 columns", 1),
    ("b'a,b\\n' + b'\"1,2\\n' * 1000", "the model wants numbers", 1),
    ("bytes(range(256)) * 100", "the data do not have it", 1),
  ])
  func `data of another shape than the model wants are told of, by line where there is one`(
    data: String, words: String, exit: Int
  ) {
    let site = site()
    site.write("open('odd.csv', 'wb').write(\(data))\n", to: "odd.py")
    site.write("[info]\nalgo = gbm\nsupervised = true\n[columns]\na\nb\n", to: "model.ini")
    let run = site.run(
      """
      python3 odd.py && python3 -m zipfile -c m.zip model.ini &&
        jobledger import other m.zip > shown 2>&1 || exit 98
      jobledger statistics other@1 --data odd.csv
      """)
    #expect(run.exit == Int32(exit), "\(run.text)\(run.words)")
    #expect((run.text + run.words).contains(words), "\(run.text)\(run.words)")
    #expect(site.types().last == (exit == 0 ? "job.completed" : "job.failed"))
    site.verify()
  }

  @Test func `data that are no file are refused before there is a job`() {
    let site = site()
    let run = site.run(
      """
      sh make.sh many.zip && jobledger import other many.zip > shown 2>&1; mkfifo pipe
      for data in pipe /dev/zero nothing.csv; do jobledger statistics other@1 --data $data; echo $?; done
      """)
    #expect(run.text == "65\n65\n66\n", "\(run.text)\(run.words)")
    #expect(site.types().filter { $0 == "job.created" }.count == 1)
    site.verify()
  }
}

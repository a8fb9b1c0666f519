// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import Testing

@testable import LedgerRunner

@Suite struct ManifestTests {
  private func parse(_ text: String) throws(ManifestError) -> Manifest {
    try Manifest.parse(Array(text.utf8), file: "jobledger.yaml")
  }

  private func refusal(_ text: String) -> ManifestError? {
    do throws(ManifestError) {
      _ = try parse(text)
      return nil
    } catch {
      return error
    }
  }

  @Test func `the manifest of the contract is read`() throws {
    let manifest = try parse(
      """
      project: churn
      env: {pass: [CUDA_VISIBLE_DEVICES], set: {OMP_NUM_THREADS: "2", SEED: 7, RATE: 1e-3}}
      code: ["*.py", lib/**/*.sql]
      models:
        churn-lr:
          train:    {run: [python3, train.py, --epochs, 40], inputs: {train: data/train.csv}, parameters: {epochs: 40}}
          evaluate: {run: [python3, evaluate.py], inputs: {test: "s3://bucket/test.csv"}}
          deploy:   {run: [./deploy.sh]}          # optional hooks: deploy, retire
      features:
        tenure-buckets:
          import: {files: [features.py]}
          run: {run: [python3, features.py], inputs: {raw: data/raw.csv}}
      """)
    #expect(manifest.project.string == "churn")
    #expect(manifest.environment.pass == ["CUDA_VISIBLE_DEVICES"])
    #expect(manifest.environment.set == ["OMP_NUM_THREADS": "2", "SEED": "7", "RATE": "1e-3"])
    #expect(manifest.code == ["*.py", "lib/**/*.sql"])
    let model = try #require(manifest.models[Name(unchecked: "churn-lr")])
    #expect(model.train?.run == ["python3", "train.py", "--epochs", "40"])
    #expect(model.train?.inputs == [Name(unchecked: "train"): "data/train.csv"])
    #expect(model.train?.parameters["epochs"] == .number(40))
    #expect(model.evaluate?.inputs.values.first == "s3://bucket/test.csv")
    #expect(model.deploy?.run == ["./deploy.sh"])
    #expect(model.predict == nil)
    let feature = try #require(manifest.features[Name(unchecked: "tenure-buckets")])
    #expect(feature.importFiles == ["features.py"])
    #expect(feature.run?.run == ["python3", "features.py"])
  }

  @Test func `the manifest of the sample project is read`() throws {
    let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let manifest = try Manifest.read(
      projectFolder: "/\(here)/Fixtures/projects/breast-cancer")
    let model = try #require(manifest.models[Name(unchecked: "tumour-lr")])
    #expect(model.train?.run.first == "python3")
    #expect(model.evaluate?.inputs.isEmpty == false)
    #expect(model.predict != nil)
  }

  @Test func `parameters are any JSON, by YAML 1.2's core schema`() throws {
    let manifest = try parse(
      """
      project: p
      models:
        m:
          train:
            run: [x]
            parameters:
              none: ~
              yes: no
              on: true
              int: -12
              hex: 0x1F
              octal: 0o17
              float: 2.5e-3
              dot: .5
              zero: 007
              version: 1.2.3
              big: 9007199254740993
              quoted: "40"
              text: words and:colons
              list: [1, [two, {three: 3}]]
              empty: {}
              nfc: "\\u00e9"
              block: |
                line one
                line two
      """)
    let parameters = try #require(manifest.models.values.first?.train?.parameters)
    #expect(parameters["none"] == .null)
    #expect(parameters["yes"] == .string("no"))
    #expect(parameters["on"] == .bool(true))
    #expect(parameters["int"] == .number(-12))
    #expect(parameters["hex"] == .number(31))
    #expect(parameters["octal"] == .number(15))
    #expect(parameters["float"] == .number(0.0025))
    #expect(parameters["dot"] == .number(0.5))
    #expect(parameters["zero"] == .number(7))
    #expect(parameters["version"] == .string("1.2.3"))
    #expect(parameters["big"] == .string("9007199254740993"))
    #expect(parameters["quoted"] == .string("40"))
    #expect(parameters["text"] == .string("words and:colons"))
    #expect(parameters["list"]?.array?.count == 2)
    #expect(parameters["empty"] == .object(JSONObject()))
    #expect(parameters["nfc"] == .string("\u{E9}"))
    #expect(parameters["block"] == .string("line one\nline two"))
  }

  @Test func `an anchor may be used again`() throws {
    let manifest = try parse(
      """
      project: p
      models:
        a: {train: &t {run: [x]}}
        b: {train: *t}
      """)
    #expect(manifest.models[Name(unchecked: "b")]?.train?.run == ["x"])
  }

  @Test(arguments: [
    ("", 1, 1), ("[]", 1, 1), ("project:\n", 1, 9), ("models: {}", 1, 1), ("project: a b", 1, 10),
    ("project: p\nmodel: {}", 2, 1), ("project: p\nmodels: []", 2, 9),
    ("project: p\nmodels:\n  bad name: {}", 3, 3),
    ("project: p\nmodels:\n  m:\n    trian: {run: [x]}", 4, 5),
    ("project: p\nmodels:\n  m:\n    train: {run: x}", 4, 18),
    ("project: p\nmodels:\n  m:\n    train: {run: []}", 4, 18),
    ("project: p\nmodels:\n  m:\n    train: {run: [\"\"]}", 4, 18),
    ("project: p\nmodels:\n  m:\n    train: {run: [x, true]}", 4, 22),
    ("project: p\nmodels:\n  m:\n    train: {run: [x, \"a\\0b\"]}", 4, 22),
    ("project: p\nmodels:\n  m:\n    train: {inputs: {}}", 4, 12),
    ("project: p\nmodels:\n  m:\n    train: {run: [x], inputs: {a-b: x, a_b: y}}", 4, 40),
    ("project: p\nmodels:\n  m:\n    train: {run: [x], inputs: {a: 7}}", 4, 35),
    ("project: p\nmodels:\n  m:\n    train: {run: [x], parameters: [1]}", 4, 35),
    ("project: p\nenv: {set: {A: true}}", 2, 16), ("project: p\nenv: {set: {1A: x}}", 2, 13),
    ("project: p\nenv: {pass: [JOBLEDGER_JOB]}", 2, 14),
    ("project: p\ncode: [../x]", 2, 8), ("project: p\ncode: [/x]", 2, 8),
    ("project: p\nmodels: {m: {}}\nfeatures: {m: {}}", 3, 12),
    ("project: p\nfeatures: {f: {import: {}}}", 2, 16),
  ])
  func `what a manifest cannot say is refused at its place`(text: String, line: Int, column: Int) {
    let error = refusal(text)
    #expect(
      error
        == ManifestError(
          kind: .content, file: "jobledger.yaml", line: line, column: column, what: "",
          whatNext: ""))
    #expect(error?.description.hasPrefix("jobledger.yaml:\(line):\(column): ") == true)
  }

  @Test(arguments: [
    ("project: p\nmodels: {", 2), ("project: [a", 1), ("project: p\n\tmodels: {}", 2),
    ("project: p\nproject: q", 1), ("a: b: c", 1), ("project: *nowhere", 1), ("project: \"open", 1),
    ("project: !!python/object x", 1), ("project: p\n---\nproject: q", 2),
    ("project: p\nmodels: {m: {train: {run: [x], parameters: {x: .nan}}}}", 2),
    ("project: p\nmodels: {m: {train: {run: [x], parameters: {x: 1e999}}}}", 2),
    ("project: p\nmodels: {m: {train: {run: [x], parameters: {a: 1, a: 2}}}}", 2),
  ])
  func `broken YAML is refused with its line`(text: String, line: Int) {
    let error = refusal(text)
    #expect(error?.kind == .syntax)
    #expect((error?.line).map { $0 == line || $0 == line + 1 } == true)
  }

  @Test func `bytes that are no UTF-8 are refused with their line`() {
    let place = ManifestError(
      kind: .syntax, file: "m", line: 2, column: 5, what: "", whatNext: "")
    #expect(throws: place) {
      try Manifest.parse(Array("project: p\nx: \u{E9}".utf8) + [0xFF], file: "m")
    }
  }

  @Test(arguments: [
    ("project: p\nproject: q", 2, 1), ("project: p\n\n# project:\n'project': q", 4, 1),
    ("project: p\nmodels:\n  m: {}\n  n: {m: 1}\n  m: {}", 5, 3),
    ("project: p\nmodels: {m: {train: {run: [a], run: [b]}}}", 2, 32),
    ("project: p\nmodels: {m: {}, \"m\": {}}", 2, 17),
    ("project: p\nmodels: {m: {},\n  m: {}}", 3, 3),
  ])
  func `a key that appears twice is refused where it does so`(
    text: String, line: Int, column: Int
  ) {
    #expect(
      refusal(text)
        == ManifestError(
          kind: .syntax, file: "jobledger.yaml", line: line, column: column, what: "",
          whatNext: ""))
  }

  @Test(arguments: [
    String(repeating: "[", count: 1_000_000), String(repeating: "- ", count: 500_000),
    String(repeating: "{a: ", count: 200_000), String(repeating: "? ", count: 500_000),
    (0..<1200).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
    "a: &a [x, x, x, x, x, x, x, x, x]\n"
      + (0..<10).map { index in
        let last = index == 0 ? "a" : "b\(index - 1)"
        let uses = Array(repeating: "*\(last)", count: 9).joined(separator: ", ")
        return "b\(index): &b\(index) [\(uses)]\n"
      }.joined(),
    "a: &a [x]\n"
      + (0..<23).map { "b\($0): &b\($0) [\($0 == 0 ? "*a" : "*b\($0 - 1)")]\n" }.joined()
      + "? *b22\n: x\n",
  ])
  func `bombs are refused before they go off`(text: String) {
    #expect(refusal(text) != nil)
  }

  @Test func `files that are missing, too large or no files are told apart`() throws {
    let folder = try TemporaryFolder()
    func kind() -> ManifestError.Kind? {
      do throws(ManifestError) {
        _ = try Manifest.read(projectFolder: folder.path)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(kind() == .missing)
    mkdir(folder.file("jobledger.yaml"), 0o700)
    #expect(kind() == .unsuitable)
    rmdir(folder.file("jobledger.yaml"))
    try folder.write(
      "jobledger.yaml", "project: p #" + String(repeating: "x", count: Manifest.sizeLimit))
    #expect(kind() == .unsuitable)
    try folder.write("jobledger.yaml", "project: p\n")
    #expect(kind() == nil)
    #expect(
      try Manifest.read(projectFolder: folder.path).digest.description
        == "sha256:\(try sha256("project: p\n"))")
  }

  /// By coreutils, as an independent witness.
  private func sha256(_ text: String) throws -> String {
    var run = try Run(script("printf '%s\\n' '\(text.dropLast())' | sha256sum"))
    return String(LedgerRunnerTests.text(run.finish().stdout).prefix(64))
  }
}

@Suite struct GlobTests {
  @Test(arguments: [
    ("*.py", "a.py", true), ("*.py", "lib/a.py", false), ("*.py", ".a.py", false),
    ("**/*.py", "a.py", true), ("**/*.py", "lib/deep/a.py", true), ("lib/**", "lib/a/b", true),
    ("lib/", "lib/a/b", true), ("lib/**", "library/a", false), ("a?c", "abc", true),
    ("a?c", "a/c", false), ("./a.py", "a.py", true), (".env", ".env", true),
    ("*é*", "caféx", true), ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false),
  ])
  func `patterns match paths`(pattern: String, path: String, matches: Bool) {
    #expect(Glob(pattern)?.matches(Array(path.utf8)) == matches)
  }

  @Test(arguments: ["", "/a", "../a", "a/../b", ".", "a\0b"])
  func `what leaves the folder is no pattern`(pattern: String) {
    #expect(Glob(pattern) == nil)
  }

  @Test func `many stars take no exponential time`() {
    let glob = Glob(String(repeating: "*a", count: 100))
    #expect(glob?.matches(Array(repeating: 97, count: 5000)) == true)
    #expect(glob?.matches(Array(repeating: 97, count: 5000) + [98]) == false)
  }
}

@Suite struct JobEnvironmentTests {
  private let caller = [
    "PATH": "/bin", "HOME": "/home/a", "LC_ALL": "C", "SECRET_KEY": "hunter22", "OTHER": "x",
    "CUDA_VISIBLE_DEVICES": "0", "LD_PRELOAD": "/evil.so",
  ]

  @Test func `only what is asked for is passed on`() throws {
    let environment = try JobEnvironment(
      caller: caller,
      manifest: Manifest.Variables(pass: ["CUDA_VISIBLE_DEVICES", "UNSET"], set: ["A": "b"]),
      job: ["JOB": "train-000000"], inputs: [Name(unchecked: "train.csv"): "/data/t"])
    #expect(
      environment.variables == [
        "PATH": "/bin", "HOME": "/home/a", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "A": "b",
        "PYTHONUNBUFFERED": "1", "JOBLEDGER_JOB": "train-000000",
        "JOBLEDGER_INPUT_TRAIN_CSV": "/data/t",
      ])
  }

  @Test func `a secret is passed, and only its name counts`() throws {
    func build(_ value: String) throws -> JobEnvironment {
      try JobEnvironment(
        caller: ["SECRET_KEY": value], manifest: Manifest.Variables(), secretNames: ["SECRET_KEY"],
        job: [:])
    }
    let one = try build("hunter22")
    #expect(one.variables["SECRET_KEY"] == "hunter22")
    #expect(one.secretValues == [Array("hunter22".utf8)])
    #expect(try build("another").digest == one.digest)
    #expect(throws: EnvironmentError.secretNotSet("NONE")) {
      try JobEnvironment(
        caller: [:], manifest: Manifest.Variables(), secretNames: ["NONE"], job: [:])
    }
    #expect(throws: EnvironmentError.badSecretName("A-B")) {
      try JobEnvironment(
        caller: ["A-B": "x"], manifest: Manifest.Variables(), secretNames: ["A-B"], job: [:])
    }
  }

  @Test func `the digest covers the environment but not the job's own variables`() throws {
    func digest(_ set: [String: String], _ job: String) throws -> Digest {
      try JobEnvironment(
        caller: caller, manifest: Manifest.Variables(set: set), job: ["JOB": job]
      ).digest
    }
    #expect(try digest(["A": "1"], "x") == digest(["A": "1"], "y"))
    #expect(try digest(["A": "1"], "x") != digest(["A": "2"], "x"))
  }

  @Test func `inputs whose variables collide are refused`() {
    #expect(throws: EnvironmentError.self) {
      try JobEnvironment(
        caller: [:], manifest: Manifest.Variables(), job: [:],
        inputs: [Name(unchecked: "a.b"): "x", Name(unchecked: "A_B"): "y"])
    }
  }
}

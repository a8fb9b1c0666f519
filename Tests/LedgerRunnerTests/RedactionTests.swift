// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import Testing

@testable import LedgerRunner

@Suite struct RedactionTests {
  // Put together here, so that no scanner of secrets takes this file for a leak.
  private static let random = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
  static let texts: [(String, String)] = [
    ("AKI" + "AIOSFODNN7EXAMPLE", "***"),
    ("key=AKI" + "AIOSFODNN7EXAMPLE;x", "key=***;x"),
    ("ghp" + "_" + random, "***"), ("x ghs" + "_" + random + " y", "x *** y"),
    ("github" + "_pat_" + random, "***"), ("hf" + "_" + random, "***"),
    ("sk" + "-proj-" + random, "***"), ("xox" + "b-123456-" + random, "***"),
    ("glp" + "at-" + random, "***"),
    ("ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + random, "***"),
    ("--password=hunter2", "--password=***"), ("password: hunter2", "password: ***"),
    ("PASSWORD=hunter2 next", "PASSWORD=*** next"), ("--api-key=abc", "--api-key=***"),
    ("{\"api_key\": \"a\\\"b\", \"n\": 1}", "{\"api_key\": \"***\", \"n\": 1}"),
    ("aws_secret_access_key = abc/def+ghi", "aws_secret_access_key = ***"),
    ("DB_PASSWORD='two words' x", "DB_PASSWORD='***' x"),
    ("postgres://alice:hunter2@db:5432/x", "postgres://alice:***@db:5432/x"),
    ("https://user:p%40ss@host/path?x=1", "https://user:***@host/path?x=1"),
    ("https://h/x?token=abc&y=1", "https://h/x?token=***&y=1"),
    ("Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"),
    ("curl -H 'authorization: basic dXNlcjpwYXNz='", "curl -H 'authorization: basic ***'"),
    (
      "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb", "a\n***\nb"
    ),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\ncut off", "***"),
    ("AccountKey=abc==;EndpointSuffix=x", "AccountKey=***;EndpointSuffix=x"),
    ("client_secret=é🦊", "client_secret=***"), ("CI_JOB_TOKEN=abc", "CI_JOB_TOKEN=***"),
    ("auth: basic dXNl, x", "auth: basic ***, x"), ("x-token: abc", "x-token: ***"),
  ]

  static let harmless = [
    "", "--epochs=40", "max_tokens=100", "eos_token: </s>", "next-token=the", "--pad-token=<pad>",
    "tokenizer: bert", "keyboard=de",
    "https://host:8080/path", "s3://bucket/key", "mailto:a@b.c", "git@github.com:a/b.git",
    "sk-learn-model-version-2-of-the-year", "hf_hub_download_model_weights_version2",
    "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----", "bearer certificates", "AKIA",
    "the password policy", "passes: 3", "monkey=1", "basic statistics", "secretary=Ann",
    "eyJust-a-word", "author=alice", "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  ]

  @Test(arguments: texts) func `a known form becomes stars`(text: String, expected: String) {
    #expect(Redaction.text(text) == expected)
    #expect(Redaction.text(expected) == expected)
  }

  @Test(arguments: harmless) func `what is no secret stays`(text: String) {
    #expect(Redaction.text(text) == text)
  }

  @Test func `the value after a secret option is hidden`() {
    #expect(
      Redaction.arguments(["x", "--password", "hunter2", "--token", "-v", "--epochs", "40"])
        == ["x", "--password", "***", "--token", "-v", "--epochs", "40"])
    #expect(Redaction.arguments(["x", "--api-key=abc", "y"]) == ["x", "--api-key=***", "y"])
  }

  @Test func `members with a secret's name are hidden, at any depth`() throws {
    let inner = try #require(
      JSONObject([
        JSONObject.Member(name: "password", value: .string("hunter2")),
        JSONObject.Member(name: "max_tokens", value: .number(100)),
        JSONObject.Member(name: "url", value: .string("ftp://a:b@c")),
        JSONObject.Member(name: "token", value: .number(12)),
      ]))
    let value = Redaction.json(.array([.object(inner), .bool(true)]))
    let object = try #require(value.array?.first?.object)
    #expect(object["password"] == .string("***"))
    #expect(object["max_tokens"] == .number(100))
    #expect(object["url"] == .string("ftp://a:***@c"))
    #expect(object["token"] == .string("***"))
  }

  @Test(arguments: UInt64(0)..<200) func `no text makes it fail`(seed: UInt64) {
    var random = SplitMix(seed)
    let pieces = Self.texts.map(\.0) + Self.harmless + ["\"", "'", "=", ": ", "\\", "é"]
    var text = ""
    for _ in 0..<(random.next() % 6) {
      let piece = pieces[Int(random.next() % UInt64(pieces.count))]
      text += piece.prefix(Int(random.next() % UInt64(piece.count + 1)))
    }
    _ = Redaction.text(text)
  }
}

@Suite struct MetricsFileTests {
  private func parse(_ text: String) throws -> [Metric] {
    try MetricsFile.parse(Array(text.utf8))
  }

  @Test func `numbers and their three words are read`() throws {
    let metrics = try parse(
      "{\"b\": 0.5, \"a\": 12, \"nan\": NaN, \"inf\": \"Infinity\", \"low\": -Infinity, \"é\": 1e3}"
    )
    #expect(metrics.map(\.name) == ["a", "b", "inf", "low", "nan", "é"])
    #expect(metrics[0].value == 12)
    #expect(metrics[2].value == .infinity)
    #expect(metrics[3].value == -.infinity)
    #expect(metrics[4].value.isNaN)
    #expect(try parse("{}") == [])
    #expect(try parse("{\"big\": 9007199254740993}")[0].value == 9_007_199_254_740_992)
  }

  @Test func `what is no flat object of numbers is refused with its reason`() throws {
    func reason(_ text: String) -> MetricsError.Reason? {
      do throws(MetricsError) {
        _ = try MetricsFile.parse(Array(text.utf8))
        return nil
      } catch {
        return error.reason
      }
    }
    #expect(reason("[1]") == .notAnObject)
    #expect(reason("{\"a\": \"x\"}") == .notANumber("a"))
    #expect(reason("{\"a\": {\"b\": 1}}") == .notANumber("a"))
    #expect(reason("{\"a\": null}") == .notANumber("a"))
    #expect(reason("{\"a\": true}") == .notANumber("a"))
    #expect(reason("{\" \": 1}") == .badName(" "))
    #expect(reason("{\"\": 1}") == .badName(""))
    #expect(reason("{\"a\\u001b\": 1}") == .badName("a\u{1B}"))
    #expect(reason("{\"\(String(repeating: "x", count: 129))\": 1}") != nil)
    let many = (0..<65).map { "\"m\($0)\": 1" }.joined(separator: ", ")
    #expect(reason("{\(many)}") == .tooMany(65))
    guard case .syntax(line: 2, column: 8, _)? = reason("{\"a\": 1,\n  \"b\": x}") else {
      Issue.record("\(String(describing: reason("{\"a\": 1,\n  \"b\": x}")))")
      return
    }
    guard case .syntax? = reason("{\"a\": 1, \"a\": 2}") else {
      Issue.record("a name twice")
      return
    }
  }

  @Test func `a missing file is no error, a link or a flood is`() throws {
    let folder = try TemporaryFolder()
    #expect(try MetricsFile.read(folder.file("m")) == nil)
    try folder.write("m", "{\"a\": 1}")
    #expect(try MetricsFile.read(folder.file("m"))?.count == 1)
    #expect(symlinkTo(folder.file("m"), at: folder.file("link")))
    #expect(throws: MetricsError.self) { try MetricsFile.read(folder.file("link")) }
    try folder.write("m", String(repeating: " ", count: MetricsFile.sizeLimit + 1))
    #expect(throws: MetricsError.self) { try MetricsFile.read(folder.file("m")) }
  }
}

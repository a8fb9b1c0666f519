// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// What both verifiers say of bundles, and what is done to bundles to make them say it.
enum Bundles {
  /// Verified here, with nothing but the folder and what is brought along.
  static func verify(
    _ path: String, key: VerifierKey? = nil, against: [UInt8]? = nil,
    claim: (Claim, String)? = nil
  ) throws -> AuditReport {
    var options = BundleVerifier.Options()
    options.key = key.map { .vkey($0) }
    options.against = against
    if let (claim, version) = claim { options.claim = (claim, try Reference(version)) }
    return BundleVerifier.verify(path, options: options)
  }

  /// What `tools/verify` says: its exit code and its `--json`.
  struct Independent {
    var exit: Int
    var verdict: String
    var codes: Set<String>
    var notChecked: [String]
    var checked: [String: UInt64]
  }

  static let program = Fixture.path("../tools/verify")

  private static let script = """
    import contextlib, importlib.machinery, importlib.util, io, json, sys
    sys.dont_write_bytecode = True
    for line in sys.stdin.buffer.read().split(b"\\n"):
        if not line: continue
        words = json.loads(line)
        if "verify" not in globals():
            loader = importlib.machinery.SourceFileLoader("verify", words[0])
            verify = importlib.util.module_from_spec(importlib.util.spec_from_loader("verify", loader))
            loader.exec_module(verify)
        sys.argv, out = ["verify", "--json"] + words[1:], io.StringIO()
        with contextlib.redirect_stdout(out):
            code = verify.main()
        said = json.loads(out.getvalue())
        print(json.dumps([code, said["verdict"], sorted({f["code"] for f in said["findings"]}),
                          said["notChecked"], said["checked"]]), flush=True)
    """

  static func independently(_ path: String, _ more: String...) throws -> Independent {
    let words = JSONValue.array(([program, path] + more).map { .string($0) })
    let answer = try PythonOracle.lines(script, [try CanonicalJSON.encode(words)])
    let values = try #require(try JSONParser.parse(answer[0]).array)
    guard case .number(let exit) = values[0] else { throw House.Unexpected(what: "no exit code") }
    var checked: [String: UInt64] = [:]
    for member in values[4].object?.members ?? [] {
      if case .number(let count) = member.value { checked[member.name.string] = UInt64(count) }
    }
    return Independent(
      exit: Int(exit), verdict: values[1].text?.string ?? "",
      codes: Set((values[2].array ?? []).compactMap { $0.text?.string }),
      notChecked: (values[3].array ?? []).compactMap { $0.text?.string }, checked: checked)
  }

  /// Both verifiers accept it under a key.
  static func expectSound(
    _ path: String, key: VerifierKey, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let report = try verify(path, key: key)
    #expect(report.findings == [], sourceLocation: location)
    #expect(report.isOK && report.bundle?.isTrusted == true, sourceLocation: location)
    let independent = try independently(path, "--key", "\(key)")
    #expect(
      independent.exit == 0 && independent.codes == [], "\(independent)",
      sourceLocation: location)
  }

  /// Both find something, of these kinds among others.
  static func expectFound(
    _ path: String, key: VerifierKey, _ code: Finding.Code, _ other: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let report = try verify(path, key: key)
    #expect(!report.isOK, sourceLocation: location)
    #expect(codes(report).contains(code.rawValue), "\(report.findings)", sourceLocation: location)
    let independent = try independently(path, "--key", "\(key)")
    #expect(independent.exit == 2, sourceLocation: location)
    #expect(independent.codes.contains(other), "\(independent)", sourceLocation: location)
  }

  /// All files of a folder by their paths in it.
  static func files(_ folder: String, _ inside: String = "") -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in TemporaryFolder.names(in: "\(folder)/\(inside)") {
      let path = inside.isEmpty ? name : "\(inside)/\(name)"
      var status = stat()
      guard lstat("\(folder)/\(path)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        files.merge(Bundles.files(folder, path)) { first, _ in first }
      } else {
        files[path] = TemporaryFolder.read("\(folder)/\(path)")
      }
    }
    return files
  }

  /// Writes a folder of these files; with a signer, their digests are listed and signed again: as
  /// somebody would who has the ledger's key.
  static func write(_ files: [String: [UInt8]], to folder: String, signer: NoteSigner?) throws {
    TemporaryFolder.remove(folder)
    mkdir(folder, 0o700)
    var files = files
    if let signer {
      files["SHA256SUMS"] = nil
      files["SHA256SUMS.note"] = nil
      let text = files.keys.sorted().map { name in
        "\(MerkleTree.sha256(files[name] ?? []).hex)  \(name)\n"
      }.joined()
      files["SHA256SUMS"] = Array(text.utf8)
      files["SHA256SUMS.note"] = try SignedNote.sign(Array(text.utf8), by: [signer])
    }
    for (name, bytes) in files {
      var parent = folder
      for part in name.split(separator: "/").dropLast() {
        parent += "/\(part)"
        mkdir(parent, 0o700)
      }
      TemporaryFolder.write(bytes, to: "\(folder)/\(name)")
    }
  }

  /// The ledger's own signer.
  static func signer(_ ledger: String) throws -> NoteSigner {
    let identity = try LedgerIdentity.read(try LedgerDirectory.open(ledger))
    let secret = try #require(TemporaryFolder.read("\(ledger)/keys/log"))
    return NoteSigner(
      name: try KeyName(identity.origin), key: try SigningKey(rawRepresentation: secret))
  }
}

/// A house with two subjects in two projects, whose names and words are looked for where they must
/// not be; lists of files are there as the runner would have stored them.
final class BundleSite {
  let house = try? House()
  let path: String
  /// A checkpoint that was signed when half of it had happened.
  private(set) var early: [UInt8] = []
  static let other = SubjectReference(kind: .model, name: Name(unchecked: "canary-model"))
  static let canaries = [
    "canary", "Kanarienvogel", "finch", "only-there", "Vorhaben",
  ]

  init() throws {
    let house = try #require(house)
    path = house.folder.file("ledger")
    try house.ask(.alice, .addProject(.churn, text: EventText([.path: .string("/srv/churn")])))
    try house.ask(
      .alice,
      .addProject(
        Name(unchecked: "Vorhaben"), text: EventText([.path: .string("/srv/Kanarienvogel")])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.bob.id, roles: [.approver])))
    try house.ask(.alice, .grant(GrantRoles(member: Actor.olga.id, roles: [.operator])))
    try whisper()
    try house.makeVersion(1, artifacts: try list("model.bin", 41))
    try house.ask(.bob, Scenario.decision(.rejected, Scenario.version(1), reason: "too <slow>"))
    try whisper()
    early = try checkpoint()
    try house.makeVersion(2, artifacts: try list("weights.bin", 42))
    try house.ask(.bob, Scenario.decision(.approved, Scenario.version(2), reason: "metrics hold"))
    let deployment = try house.job(
      try house.ask(.olga, Scenario.deployment(Scenario.version(2))))
    try whisper()
    try house.ask(
      .olga,
      .retire(
        RetireDeployment(deployment: deployment, reason: "replaced by v3", runner: .test())))
    try note("settled")
  }

  deinit { house?.ledger.close() }

  /// Something happens to the other subject.
  func whisper() throws {
    let house = try #require(house)
    let training = try house.job(
      try house.ask(
        .olga,
        .createJob(
          CreateJob(
            project: Name(unchecked: "Vorhaben"), subject: BundleSite.other,
            fact: JobCreated(kind: .training), manifestDigest: .test(1), runner: .test(),
            text: EventText([.command: .array([.string("only-there")])])))))
    try house.log(
      training,
      [(LogLine(stream: .stdout, line: 1, level: .info, detector: 1), Array("finch".utf8))])
    try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: training, status: .completed, ending: JobEnding(exit: 0),
          result: .made(
            VersionMade(artifacts: try list("only-there.bin", 7)),
            text: EventText([.rationale: .string("Kanarienvogel")])))))
  }

  func note(_ words: Text) throws {
    try #require(house).ask(
      .bob,
      .note(
        AddNote(
          on: Text(Scenario.model.description), project: .churn,
          subject: Scenario.modelReference, note: words)))
  }

  /// A list of one file, held as a blob.
  func list(_ name: String, _ bytes: UInt64) throws -> FilesDigest {
    var file = JSONObject()
    file["bytes"] = .integer(bytes)
    file["digest"] = .string(Digest.test(bytes).description)
    file["path"] = .string(name)
    let list = try CanonicalJSON.encode(.array([.object(file)]))
    let digest = Digest(MerkleTree.sha256(list))
    try #require(house).blob(list, as: digest)
    return FilesDigest(count: 1, bytes: bytes, digest: digest)
  }

  func checkpoint() throws -> [UInt8] {
    guard case .signed(let note, _) = try #require(house).ledger.signCheckpoint() else {
      throw House.Unexpected(what: "no checkpoint")
    }
    return note
  }

  /// Makes a bundle in a folder of this name.
  @discardableResult
  func make(
    _ name: String, _ change: (inout BundleMaker.Order) -> Void = { _ in }
  ) throws -> (path: String, summary: BundleMaker.Summary) {
    var order = BundleMaker.Order()
    change(&order)
    let path = try #require(house).folder.file(name)
    // One environment an inode and process: from here on it is read alone.
    house?.ledger.close()
    let reader = try LedgerReader.open(self.path)
    defer { reader.close() }
    return (path, try BundleMaker.make(order, of: reader, at: path))
  }

  func key() throws -> VerifierKey { try Bundles.signer(path).verifierKey }
}

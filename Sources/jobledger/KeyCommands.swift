// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage
import Transparency

/// `jobledger key …`
struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Show, replace or move the key that signs this ledger's checkpoints.",
    subcommands: [KeyList.self, KeyShow.self, KeyRotate.self, KeyMove.self])
}

/// `jobledger key list`
struct KeyList: SimpleCommand {
  static let hasRows = true
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the keys of this ledger, the first one first, and the sizes each signs for.",
    discussion: """
        jobledger key list
        jobledger key list --json
      """)

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let chain = try session.reader().keyChain()
    var printer = try ListPrinter(
      session.console,
      [
        Column("sizes", .right), Column("fingerprint"), Column("since", .right), Column("vkey"),
      ])
    for epoch in chain.epochs {
      try printer.add(
        [
          .text(epoch.words), .text(epoch.key.publicKey.fingerprint),
          .text("#\(epoch.position.value)"), .text(epoch.key.description),
        ], json: .object(epoch.json))
    }
    try printer.finish()
  }
}

/// `jobledger key show`
struct KeyShow: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the key in use, where its private half is, and whether it can sign now.",
    discussion: """
      Give the vkey, or the fingerprint, to whoever is to verify this ledger one day. --pem prints \
      the public key as openssl reads it.

        jobledger key show
        jobledger key show --pem > ledger.pem
      """)

  @Flag(help: "Print the public key alone, as openssl reads it.") var pem = false
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let reader = try session.reader()
    let chain = try reader.keyChain()
    guard let epoch = chain.epochs.last else { return }
    if pem { return try session.console.out.write(epoch.key.publicKey.pem) }
    let status = reader.keyStatus()
    var object = epoch.json
    object["place"] = .string(status.place.words(in: reader.directory))
    object["usable"] = .bool(status.problem == nil)
    object["problem"] = status.problem.map { .string($0) }
    var page = Page(session.console)
    page.add("vkey", epoch.key.description)
    page.add("fingerprint", epoch.key.publicKey.fingerprint)
    page.add("sizes", epoch.words)
    page.add("since", "#\(epoch.position.value)")
    page.add("kept in", status.place.words(in: reader.directory))
    page.add("cannot sign", status.problem, .warning)
    try session.console.print(
      json: .object(object), text: page.text(colors: session.console.style.colors))
  }
}

/// Where a new key is to be.
struct KeyPlaceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep the private key in this new file, outside of the ledger.", valueName: "file"),
    completion: .file())
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "Use the Ed25519 key of an ssh-agent: the file with its public half.", valueName: "file.pub"),
    completion: .file(extensions: ["pub"]))
  var agent: String?

  func validate() throws {
    if keyFile != nil, agent != nil {
      throw ValidationError("a key is in one place: --key-file or --agent")
    }
  }

  /// The place; nil where none was named.
  func place() throws -> KeyPlace? {
    if let keyFile { return .file(try absolute(keyFile)) }
    guard let agent else { return nil }
    let bytes = try UserFile.read(agent, limit: 1 << 16, for: "read the public key")
    guard let key = AgentMessage.publicKey(line: String(decoding: bytes, as: UTF8.self)) else {
      throw Failure(
        .badInput, code: "key-malformed", what: "use the public key", on: "'\(agent)'",
        why: "it is no ssh-ed25519 key",
        next: "make one: ssh-keygen -t ed25519 -f ledger-key && ssh-add ledger-key")
    }
    return .agent(key)
  }
}

/// The absolute form of a path that a person gave for a file that need not exist yet.
func absolute(_ path: String) throws -> String {
  if path.utf8.first == 0x2F { return path }
  return ProcessEnvironment.workingDirectory() + "/" + path
}

/// `jobledger key rotate`
struct KeyRotate: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Replace the key that signs checkpoints by a new one, and destroy the old.",
    discussion: """
      The event is signed by both keys, so whoever trusts the old one can trust the new one. After a \
      rotation at size N the old key counts for sizes up to N, the new one for those above. Its \
      private half is destroyed as soon as the new key has signed a checkpoint; one in an agent is \
      yours to remove. Tell witnesses and reviewers the new vkey.

        jobledger key rotate --reason 'Yearly'
        jobledger key rotate --key-file /media/token/ledger.key --reason 'Off this machine'
        jobledger key rotate --agent ledger-key.pub --reason 'Into the agent'
      """)

  @Option(help: "Why.") var reason: String?
  @OptionGroup var place: KeyPlaceOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let ledger = try session.ledger()
    let attempt = Attempt(
      "rotate", on: "the ledger's key",
      [
        ("reason", reason.map { .string($0) }), ("keyFile", place.keyFile.map { .string($0) }),
        ("agent", place.agent.map { .string($0) }),
      ])
    do {
      let request = try session.request(attempt)
      let place = try place.place() ?? ledger.reader.keyStatus().place
      let outcome = ledger.rotateKey(
        to: place, by: try session.caller().actor, reason: reason.map { Text($0) },
        request: request.map { ($0.key, $0.content) })
      let made = try session.made(outcome)
      try session.printEvents(made) { event in
        guard case .keyRotated(let fact) = event.fact else { return "" }
        return "the key was replaced at size \(fact.size.value): \(fact.new.string)\n"
      }
      session.console.remark(
        "sizes up to the rotation keep the old key; give the new vkey to whoever verifies this ledger"
      )
    } catch {
      throw Failure(anything: error).attempting(attempt.what, on: attempt.on)
    }
  }
}

/// `jobledger key move`
struct KeyMove: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "move",
    abstract: "Keep the private key in another file, or back in the ledger.",
    discussion: """
      The key stays the same, so nothing is recorded. The file is new, readable by you alone, and may \
      be on a medium that is not always there: what is written meanwhile stands, and 'status' says \
      that a checkpoint is due.

        jobledger key move /media/token/ledger.key
        jobledger key move --inside
      """)

  @Argument(help: "The new file, outside of the ledger.", completion: .file()) var file: String?
  @Flag(help: "Back into the ledger's directory.") var inside = false
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func validate() throws {
    if (file == nil) != inside { throw ValidationError("name a file, or --inside") }
    if global.request != nil {
      throw ValidationError("'key move' takes no --request: moving twice is moving once")
    }
  }

  func perform(_ session: Session) throws {
    let ledger = try session.ledger()
    let place = try file.map { KeyPlace.file(try absolute($0)) } ?? .inside
    try ledger.moveKey(to: place)
    let words = place.words(in: ledger.directory)
    var object = JSONObject()
    object["place"] = .string(words)
    try session.console.print(
      json: .object(object), text: "the key is in \(TerminalText.escape(words)) now\n")
  }
}

extension KeyChain.Epoch {
  /// The form of `--json`.
  fileprivate var json: JSONObject {
    var object = JSONObject()
    object["vkey"] = .string(key.description)
    object["fingerprint"] = .string(key.publicKey.fingerprint)
    object["from"] = .integer(after.map { $0.value + 1 } ?? 1)
    object["until"] = until.map { .integer($0.value) }
    object["position"] = .integer(position.value)
    object["current"] = .bool(until == nil)
    return object
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerConsole
import LedgerDomain
import LedgerReading
import LedgerRunner
import LedgerStorage
import Transparency

/// `jobledger init`
struct Init: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a ledger in .jobledger, or where --ledger says.",
    discussion: """
      You become its admin, operator, approver and auditor. The origin names the ledger in every \
      proof, for ever: choose a name that no other ledger has, such as a host and a purpose.

        jobledger init --origin bank.example/credit-risk
        jobledger init --origin bank.example/credit-risk --key-file /media/token/ledger.key
      """)

  @Option(help: ArgumentHelp("The ledger's name in proofs.", valueName: "name"))
  var origin: String?

  @Option(
    help: ArgumentHelp(
      "Share the ledger's files with a group of the system.", valueName: "group"))
  var shared: String?

  @OptionGroup var key: KeyPlaceOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let path =
      global.ledger ?? ProcessEnvironment["JOBLEDGER_DIR"]
      ?? ProcessEnvironment.workingDirectory() + "/" + LedgerLocator.name
    let origin = try checkedOrigin(path)
    if try global.requestKey() != nil {
      session.console.remark("init takes no request key: a ledger is made once")
    }
    let ledger = try Ledger.create(
      at: path, origin: origin, by: try session.caller().actor, tool: Session.tool,
      sharing: try SharedGroup.sharing(shared), keyPlace: try key.place() ?? .inside)
    session.adopt(ledger)
    var object = JSONObject()
    object["ledger"] = .string(ledger.directory.path)
    object["origin"] = .string(origin)
    object["id"] = .string(ledger.identity.id)
    object["vkey"] = .string(ledger.identity.vkey)
    try session.console.print(
      json: .object(object),
      text: "ledger \(TerminalText.escape(origin)) made in "
        + "\(TerminalText.escape(ledger.directory.path))\n")
    session.console.remark("next: jobledger project add PATH")
  }

  private func checkedOrigin(_ path: String) throws -> String {
    if let origin {
      guard LedgerIdentity.isOrigin(origin) else {
        throw Failure(
          .badInput, code: "origin-malformed", what: "name the ledger", on: "'\(origin)'",
          why: "an origin has 1 to 255 bytes, none of them a space, a control character or '+'",
          next: "write it like bank.example/credit-risk")
      }
      return origin
    }
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, 255)
    let name = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let absolute =
      path.utf8.first == 0x2F
      ? path : ProcessEnvironment.workingDirectory() + "/" + path
    let parts = absolute.utf8.split(separator: 0x2F).map { Substring($0) }
    let folder = parts.last { $0 != Substring(LedgerLocator.name) && $0 != "." } ?? "ledger"
    let usable = "\(name)/\(folder)".unicodeScalars.map { scalar in
      scalar == "+" || scalar.value <= 0x20 || scalar.properties.isWhitespace ? "-" : scalar
    }
    var origin = String.UnicodeScalarView()
    origin.append(contentsOf: usable)
    return String(origin)
  }
}

/// The group of `--shared`.
enum SharedGroup {
  /// Who may write to a ledger that is shared with this group; only its owner without one.
  static func sharing(_ name: String?) throws -> LedgerSharing {
    guard let name else { return .owner }
    guard let entry = getgrnam(name) else {
      throw Failure(
        .notFound, code: "group-not-found", what: "share the ledger", on: "with '\(name)'",
        why: "the system has no such group", next: "see the groups: getent group")
    }
    return .group(entry.pointee.gr_gid)
  }
}

/// `jobledger checkpoint`
struct Checkpoint: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Sign the head of the log, and print the signed note.",
    discussion: """
      Keep the note somewhere else: whoever has it can prove later that the first events of the \
      ledger are still the same ones, without our software.

        jobledger checkpoint > checkpoint-2026-06-30
        jobledger replay verify --against checkpoint-2026-06-30
      """)

  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    switch try session.ledger().signCheckpoint() {
    case .failed(let error): throw error
    case .signed(let note, let size):
      var object = JSONObject()
      object["origin"] = .string(try session.ledger().identity.origin)
      object["size"] = .integer(size.value)
      object["root"] = .string(try UnverifiedCheckpoint(note).unchecked.root.base64)
      object["note"] = .string(String(decoding: note, as: UTF8.self))
      if session.console.isJSON {
        try session.console.print(.object(object))
      } else {
        try session.console.out.write(note)
      }
    }
  }
}

/// `jobledger clock …`
struct ClockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock",
    abstract: "Tell the ledger that its clock was wrong.", subcommands: [ClockCorrect.self])
}

/// `jobledger clock correct`
struct ClockCorrect: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "correct",
    abstract: "Let the ledger's time step to what the clock reads now.",
    discussion: """
      The ledger refuses to write while the clock reads earlier than its latest event, or far \
      later than the machine has run. Set the clock right first. This is the one event whose time \
      may be earlier than its predecessor's, and it says so.

        jobledger clock correct --reason 'It ran a year ahead for a day'
      """)

  @Option(help: "Why.") var reason: String
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let made = try session.submit(
      .correctClock(reason: Text(reason)),
      Attempt("correct", on: "the ledger's clock", [("reason", .string(reason))]))
    try session.printEvents(made) { "the clock was corrected: event #\($0.position.value)\n" }
  }
}

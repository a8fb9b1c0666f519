// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `jobledger hold …`
struct HoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold",
    abstract: "Keep something from being erased, whoever asks, until it is let go.",
    subcommands: [HoldPlace.self, HoldRelease.self, HoldList.self])
}

/// What `place` and `release` share.
struct HoldOptions: ParsableArguments {
  @Argument(help: "A job, version, model or feature task, a project, or 'ledger' for all of it.")
  var scope: String
  @Option(help: "Why. It is kept for good.") var reason: String
}

/// `jobledger hold place`
struct HoldPlace: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "place",
    abstract: "Place a hold: needs an auditor, and a reason.",
    discussion: """
      A second hold on the same thing is a further reason; one release ends them all.

        jobledger hold place churn-lr@3 --reason 'Complaint 4711 is open'
        jobledger hold place ledger --reason 'The supervisor asked for everything'
      """)

  @OptionGroup var hold: HoldOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws { try session.hold(hold, places: true) }
}

/// `jobledger hold release`
struct HoldRelease: SimpleCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Let go of what is held: needs an auditor, and a reason.",
    discussion: """
        jobledger hold release churn-lr@3 --reason 'Complaint 4711 is settled'
      """)

  @OptionGroup var hold: HoldOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws { try session.hold(hold, places: false) }
}

/// `jobledger hold list`
struct HoldList: ListCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the holds in force, with who placed them and why.",
    discussion: """
        jobledger hold list
        jobledger hold list --as-of 2026-06-30
      """)

  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func list(_ view: View, _ session: Session) throws {
    try moment.requireRecordedClock(for: "hold list")
    var documents = view.documents
    var printer = try ListPrinter(
      session.console,
      [
        Column("scope"), Column("kind"), Column("event", .right), Column("time"), Column("by"),
        Column("reason", isFlexible: true),
      ])
    for hold in try documents.holds() {
      for placing in hold.placings {
        var one = hold
        one.placings = [placing]
        try printer.add(
          [
            .text(hold.target.written.string), .word(hold.target.kind),
            .number(placing.mark.position.value), .time(placing.mark.time),
            .text(placing.actor.words), .text(placing.reason?.string ?? "(erased)"),
          ], json: one.json)
      }
    }
    try printer.finish()
  }
}

extension Session {
  fileprivate func hold(_ options: HoldOptions, places: Bool) throws {
    _ = try ledger()
    let target: HoldTarget
    if options.scope.utf8.elementsEqual("ledger".utf8) {
      target = .ledger
    } else {
      switch try resolve(options.scope, [.job, .version, .subject, .project]) {
      case .job(let id): target = .job(id)
      case .version(let id): target = .version(id)
      case .subject(let id): target = .subject(id)
      case .project(let name): target = .project(name)
      default: return
      }
    }
    let words = target.written.string
    let made = try submit(
      .hold(target, places: places, reason: Text(options.reason)),
      Attempt(
        places ? "place" : "release", on: "a hold on \(words)",
        [("scope", .string(words)), ("reason", .string(options.reason))]))
    try printEvents(made) { event in
      places
        ? "\(words) is held: event #\(event.position.value)\n"
        : "\(words) is held no more: event #\(event.position.value)\n"
    }
  }
}

extension HoldDocument {
  /// `churn/churn-lr@3 since #41, 2026-…: why`, one for each reason.
  var words: [String] {
    placings.map { placing in
      "\(target.kind) \(target.written.string) since #\(placing.mark.position.value), by "
        + "\(placing.actor.words): \(placing.reason?.string ?? "(erased)")"
    }
  }
}

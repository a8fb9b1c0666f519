// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerReading

/// The zone of days and local times, for commands that take moments as arguments.
struct ZoneOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The time zone of days and local times, such as Europe/Berlin (default: UTC).",
      valueName: "zone"))
  var zone: String?

  func rules() throws -> TimeZoneRules {
    guard let zone else { return .utc }
    return try TimeZoneDatabase.system().rules(of: zone)
  }
}

extension LedgerReader {
  /// The size that is meant: every form of `--as-of`.
  func size(_ text: String, in zone: TimeZoneRules) throws -> ResolvedSize {
    let written = try AsOf(text)
    return try withSnapshot { snapshot in
      try written.resolve(
        in: snapshot, origin: identity.origin, zone: zone, now: ProcessEnvironment.now()
      ).get()
    }
  }

  /// The number of events before those that are meant by `--since` or `--from`.
  func start(_ text: String, in zone: TimeZoneRules) throws -> ResolvedSize {
    let written = try AsOf(text)
    return try withSnapshot { snapshot in
      try written.resolveStart(
        in: snapshot, origin: identity.origin, zone: zone, now: ProcessEnvironment.now()
      ).get()
    }
  }

  /// The size of all that there is.
  func head() throws -> ResolvedSize {
    try withSnapshot { try ResolvedSize($0.size, in: $0) }
  }
}

extension ReplayCommand {
  /// Warns of a ledger whose last write has an unknown outcome.
  func warnIfPoisoned(_ reader: LedgerReader, _ console: Console) throws {
    if try PoisonState.read(reader.directory).isPoisoned {
      console.remark(
        "the outcome of the last write is unknown; run 'jobledger doctor' before relying on this")
    }
  }
}

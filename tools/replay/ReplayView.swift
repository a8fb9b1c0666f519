// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// The ledger as of one size: what a command of this tool looks at.
struct ReplayView {
  /// The ledger.
  let reader: LedgerReader
  /// The open snapshot.
  let snapshot: Snapshot
  /// The size that is meant, and when it was reached.
  let at: ResolvedSize

  /// Documents whose events are all held against the tree.
  var documents: Documents {
    Documents(snapshot, asOf: at.size, directory: reader.directory, verifying: true)
  }

  /// Documents for an answer about something; of many events none is held against the tree, which a
  /// remark says.
  func documents(about scope: TrailScope, _ console: Console) -> Documents {
    let isHashed = scope.isHashed(asOf: at.size)
    if !isHashed {
      console.remark("the events were not hashed: 'jobledger replay verify' does that")
    }
    return Documents(
      snapshot, asOf: at.size, directory: reader.directory, verifying: isHashed)
  }

  /// Whether somebody is a member, or was or will be one: of another moment the answer is empty.
  func hasMember(_ id: ActorID) throws -> Bool {
    try snapshot.entity(.member(id), asOf: snapshot.size) != nil
  }

  /// Tells somebody who did nothing from somebody who never was.
  func requireMember(_ id: ActorID) throws {
    guard try !hasMember(id) else { return }
    throw Failure(
      .notFound, code: "not-found", what: "find", on: "the actor '\(id)'",
      why: "nobody of that name is a member, or did anything as of size \(at.size.value)")
  }

  /// What a list is asked about: of what came only after that size, the list is empty.
  func resolve(_ text: String, _ kinds: [ReferentKind]) throws -> Referent {
    try Reference(text).resolve(kinds, listedIn: snapshot, asOf: at.size).get()
  }
}

extension ReplayCommand {
  /// Opens the ledger and lends it as of a moment.
  func reading<R>(
    _ console: Console, _ moment: AsOfOptions, _ body: (ReplayView) throws -> R
  ) throws -> R {
    let reader = try LedgerReader.open(try options.ledgerPath())
    defer { reader.close() }
    let at = try resolve(moment, in: reader, console)
    return try reader.withSnapshot { snapshot in
      try body(ReplayView(reader: reader, snapshot: snapshot, at: at))
    }
  }

  /// The size that is meant; warns of a ledger whose last write has an unknown outcome.
  func resolve(
    _ moment: AsOfOptions, in reader: LedgerReader, _ console: Console
  ) throws -> ResolvedSize {
    try warnIfPoisoned(reader, console)
    guard let asOf = moment.asOf else { return try reader.head() }
    return try reader.size(asOf, in: try moment.zoneRules())
  }

  /// Says beside a list as of when it is, where it is not the latest that was asked for.
  func remarkAsOf(_ console: Console, _ moment: AsOfOptions, _ at: ResolvedSize) {
    guard moment.asOf != nil else { return }
    console.remark("as of \(at.words)")
  }
}

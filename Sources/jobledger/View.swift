// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading

/// The ledger as of one size: what a reading command looks at.
struct View {
  /// The open snapshot.
  let snapshot: Snapshot
  /// The size that is meant, and when it was reached.
  let at: ResolvedSize

  /// Where the blobs are.
  let directory: LedgerDirectory

  /// The number of events that count.
  var size: LedgerSize { at.size }

  /// An entity as of that size.
  func entity(_ key: EntityKey) throws -> Entity? { try snapshot.entity(key, asOf: size) }

  /// The policy in force as of that size.
  func policy() throws -> PolicyState {
    if case .policy(let state)? = try entity(.policy) { return state }
    return .initial
  }

  /// What a reference leads to, as of that size.
  func resolve(_ text: String, _ kinds: [ReferentKind]) throws -> Referent {
    try Reference(text).resolve(kinds, in: SnapshotCatalog(snapshot, asOf: size)).get()
  }

  /// What a list is asked about: of what came only after this size, the list is empty.
  func resolve(listed text: String, _ kinds: [ReferentKind]) throws -> Referent {
    try Reference(text).resolve(kinds, listedIn: snapshot, asOf: size).get()
  }

  /// The event at a position with its words.
  func event(_ position: Position) throws -> (event: Event, text: DisclosedText) {
    let event = try snapshot.event(at: position)
    return (event, try snapshot.text(of: event))
  }
}

extension Session {
  /// Lends the ledger as of a moment. What is not the latest is said: in objects by `asOf`, beside
  /// lists by a remark.
  func reading<R>(_ moment: AsOfOptions, _ body: (View) throws -> R) throws -> R {
    let written = try moment.asOf.map { try AsOf($0) }
    let zone = try moment.zoneRules()
    let origin = try reader().identity.origin
    let directory = try reader().directory
    return try read { snapshot in
      let at: ResolvedSize
      if let written {
        at = try written.resolve(
          in: snapshot, origin: origin, zone: zone, now: ProcessEnvironment.now()
        ).get()
      } else {
        at = try ResolvedSize(snapshot.size, in: snapshot)
      }
      return try body(View(snapshot: snapshot, at: at, directory: directory))
    }
  }

  /// Lends the ledger for a list by the time that things occurred: with `--as-of` a moment, all of
  /// it, and the moment up to which things count, since some are recorded later; else as `reading`.
  func readingOccurred<R>(
    _ moment: AsOfOptions, _ body: (View, _ until: Timestamp?) throws -> R
  ) throws -> R {
    try reading(moment) { view in
      guard moment.clock == .occurred, let text = moment.asOf,
        case .moment(let written) = try AsOf(text)
      else { return try body(view, nil) }
      let head = try ResolvedSize(view.snapshot.size, in: view.snapshot)
      let until = try written.end(in: try moment.zoneRules(), now: ProcessEnvironment.now())
      return try body(
        View(snapshot: view.snapshot, at: head, directory: view.directory), until)
    }
  }

  /// Lends the ledger as it is now.
  func readingHead<R>(_ body: (View) throws -> R) throws -> R {
    let directory = try reader().directory
    return try read { snapshot in
      let at = try ResolvedSize(snapshot.size, in: snapshot)
      return try body(View(snapshot: snapshot, at: at, directory: directory))
    }
  }

  /// Says beside a list as of when it is, where it is not the latest that was asked for.
  func remarkAsOf(_ moment: AsOfOptions, _ view: View, occurredBy until: Timestamp? = nil) {
    guard moment.asOf != nil else { return }
    let limit = until.map { "; only what had occurred by \($0)" } ?? ""
    console.remark("as of \(view.at.words)\(limit)")
  }

  /// What a reference leads to now.
  func resolve(_ text: String, _ kinds: [ReferentKind]) throws -> Referent {
    try readingHead { try $0.resolve(text, kinds) }
  }

  /// An entity as it is now.
  func entity(_ key: EntityKey) throws -> Entity? { try readingHead { try $0.entity(key) } }

  /// The words of an event; empty where they were erased.
  func text(at position: Position) throws -> EventText {
    try readingHead { view in
      if case .values(let text) = try view.event(position).text { return text }
      return EventText()
    }
  }

  /// The words that describe a project now; empty where there is none.
  func describedText(ofProject name: Name) throws -> EventText {
    guard case .project(let state)? = try entity(.project(name)) else { return EventText() }
    return try text(at: state.described.position)
  }
}

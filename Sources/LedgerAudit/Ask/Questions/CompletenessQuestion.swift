// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading

/// How many events of each type are there, do indexes and views agree, and were the views rebuilt and
/// found equal?
///
/// About a version it is answered for all of its subject: what its revisions show is whole.
enum CompletenessQuestion: Answering {
  static let columns: [AnswerColumn] = [.event, .events, .view, .entities, .agrees]

  /// Up to this many events, the views are rebuilt for an answer.
  static let rebuildLimit = TrailScope.hashingLimit

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    guard inquiry.size.value > 0 else {
      return answer.explainIfEmpty([.ledgerCreated], "there is nothing to compare")
    }
    var around = inquiry.ofSubject
    let census = try Census(&around)
    guard census.total > 0 else {
      return answer.explainIfEmpty(Inquiry.allTypes, "there is nothing to compare")
    }
    try addTypes(census, &around, to: &answer)
    try addViews(census, &around, to: &answer)
    try addRevisions(census, around, to: &answer)
    try addRebuild(census, around, to: &answer)
  }

  private static func add(
    _ event: String, _ events: UInt64, _ view: String, _ entities: UInt64?, agrees: Bool?,
    restingOn positions: [Position], to answer: inout Answer
  ) {
    answer.add(
      [
        .word(event), .count(events), .word(view), entities.map { .count($0) },
        agrees.map { .flag($0) },
      ], restingOn: positions)
    if agrees == false { answer.except(.viewsDiffer, about: view, restingOn: positions) }
  }

  /// Each type, counted by the events themselves and by the index that answers are found with.
  private static func addTypes(
    _ census: Census, _ inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    for type in EventType.allCases {
      let code = FactCode(type)
      guard let found = census.types[code] else { continue }
      var indexed: UInt64?
      if case .ledger = inquiry.scope, code.isIndexed, census.isRead {
        indexed = UInt64(try inquiry.positions(of: [code]).count)
      }
      add(
        type.name.description, found.count, indexed == nil ? "events" : "index", indexed,
        agrees: indexed.map { $0 == found.count }, restingOn: [found.first, found.last],
        to: &answer)
    }
    if census.unread > 0 {
      add(
        "job.logged, job.progressed", census.unread, "the rest, not counted one by one", nil,
        agrees: nil, restingOn: census.ends, to: &answer)
    }
  }

  /// What types of events make, against the stored views.
  private static func addViews(
    _ census: Census, _ inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    var statuses: [JobStatus: UInt64] = [:]
    var jobs: UInt64 = 0
    try inquiry.forEachJob { job in
      jobs += 1
      statuses[job.status, default: 0] += 1
    }
    let versions = try inquiry.versions()
    let deployments = try inquiry.deployments()
    let retired = deployments.filter { $0.status == .retired }
    let pairs: [([FactCode], String, Int)] = [
      ([.jobCreated], "jobs", Int(jobs)),
      ([.jobCompleted], "jobs completed", Int(statuses[.completed] ?? 0)),
      ([.jobFailed], "jobs failed", Int(statuses[.failed] ?? 0)),
      ([.jobStopped], "jobs stopped", Int(statuses[.stopped] ?? 0)),
      ([.jobLost], "jobs lost", Int(statuses[.lost] ?? 0)),
      ([.versionTrained, .versionImported], "versions made", versions.count { $0.made != nil }),
      ([.versionDeployed], "deployments", deployments.count),
      ([.deploymentRetired], "deployments retired", retired.count),
    ]
    for (types, view, entities) in pairs {
      let found = types.compactMap { census.types[$0] }
      let events = found.reduce(0) { $0 + $1.count }
      guard events > 0 || entities > 0 else { continue }
      let names = EventType.allCases.filter { types.contains(FactCode($0)) }
        .map(\.name.description).joined(separator: ", ")
      add(
        names, events, view, UInt64(entities), agrees: events == UInt64(entities),
        restingOn: found.isEmpty ? census.ends : found.flatMap { [$0.first, $0.last] },
        to: &answer)
    }
    let ended = [JobStatus.completed, .failed, .stopped, .lost].reduce(0) {
      $0 + (statuses[$1] ?? 0)
    }
    if jobs > ended {
      add(
        "job.created", jobs, "jobs that have not ended", jobs - ended, agrees: nil,
        restingOn: census.ends, to: &answer)
    }
  }

  /// A subject's events are numbered without a gap, so that none can be left out of a part.
  private static func addRevisions(
    _ census: Census, _ inquiry: Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    guard inquiry.subject != nil else { return }
    let isGapless = census.revisions.enumerated().allSatisfy { $1 == Revision(UInt64($0)) }
    add(
      "all", UInt64(census.revisions.count), "revisions without a gap",
      census.revisions.last.map { $0.value + 1 } ?? 0, agrees: isGapless,
      restingOn: census.ends, to: &answer)
  }

  /// The views folded anew from the events, each against the one that is stored.
  private static func addRebuild(
    _ census: Census, _ inquiry: Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    guard let views = census.views else {
      return add(
        "all", census.total, "not rebuilt here: 'jobledger replay verify' does", nil, agrees: nil,
        restingOn: census.ends, to: &answer)
    }
    var differing: [EntityKey] = census.failure == nil ? [] : [.ledger]
    var compared: UInt64 = 0
    for (key, entity) in views.current where census.decides(key) {
      compared += 1
      let stored = try inquiry.snapshot.entity(key, asOf: inquiry.size)
      if stored == entity || census.isOfAnother(stored, than: entity) { continue }
      differing.append(key)
    }
    if case .ledger = inquiry.scope {
      var stored: UInt64 = 0
      for kind in EntityKind.allCases {
        try inquiry.snapshot.forEachEntity(of: kind, asOf: inquiry.size) { _ in
          stored += 1
          return true
        }
      }
      // A row that no event makes.
      if stored > compared { differing.append(.ledger) }
    }
    answer.add(
      [
        .word("all"), .count(census.folded), .word("every view, rebuilt"), .count(compared),
        .flag(differing.isEmpty),
      ], restingOn: census.ends)
    for key in Set(differing) {
      answer.except(.viewsDiffer, about: "\(key)", restingOn: census.ends)
    }
  }
}

/// The events in scope, counted by type and folded into views of their own.
private struct Census {
  struct Found {
    var count: UInt64 = 0
    var first: Position
    var last: Position
  }

  private(set) var types: [FactCode: Found] = [:]
  /// How many events there are.
  private(set) var total: UInt64 = 0
  /// How many of them were folded.
  private(set) var folded: UInt64 = 0
  /// Log lines that were counted as what is left.
  private(set) var unread: UInt64 = 0
  /// Whether each event was read.
  private(set) var isRead = true
  /// What the events make; nil where there are too many.
  private(set) var views: MemoryViews?
  /// Why they make nothing.
  private(set) var failure: FoldFailure?
  private(set) var revisions: [Revision] = []
  private let isWhole: Bool

  /// The first and the last event.
  var ends: [Position] {
    [types.values.map(\.first).min(), types.values.map(\.last).max()].compactMap { $0 }
  }

  init(_ inquiry: inout Inquiry) throws(ReadingError) {
    isWhole = if case .ledger = inquiry.scope { true } else { false }
    var folder = ViewFolder(encodesRows: false)
    let limit = CompletenessQuestion.rebuildLimit
    if isWhole {
      total = inquiry.size.value
      if total <= limit {
        try readAll(inquiry.snapshot, &folder)
      } else {
        isRead = false
        try countIndexed(&inquiry)
      }
    } else {
      let positions = try inquiry.positions(of: Inquiry.allTypes)
      isRead = UInt64(positions.count) <= limit
      guard isRead else {
        total = UInt64(positions.count)
        return
      }
      for position in positions {
        let event = try inquiry.event(at: position)
        guard inquiry.includes(event) else { continue }
        total += 1
        take(event, &folder)
      }
    }
    if isRead { views = folder.views }
  }

  /// Whether the events in scope alone decide what is in a view.
  func decides(_ key: EntityKey) -> Bool {
    switch key {
    case .ledger, .policy, .holds, .member: isWhole
    default: true
    }
  }

  /// Whether a schedule's name was given to another subject's meanwhile.
  func isOfAnother(_ stored: Entity?, than entity: Entity) -> Bool {
    guard !isWhole, case .schedule(let stored)? = stored, case .schedule(let own) = entity else {
      return false
    }
    return stored.created != own.created
  }

  /// Each leaf in order: no index is believed.
  private mutating func readAll(
    _ snapshot: Snapshot, _ folder: inout ViewFolder
  ) throws(ReadingError) {
    var decoder = LogLineDecoder()
    for number in 0..<total {
      let position = Position(number)
      let leaf = try snapshot.leaf(at: position) { (bytes) throws(ReadingError) in
        try LeafWalk.decode(bytes, at: number, with: &decoder)
      }
      switch leaf {
      case .line: count(.jobLogged, at: position)
      case .event(let event): take(event, &folder)
      }
    }
  }

  private mutating func countIndexed(_ inquiry: inout Inquiry) throws(ReadingError) {
    var counted: UInt64 = 0
    for code in Inquiry.allTypes {
      for position in try inquiry.positions(of: [code]) {
        count(code, at: position)
        counted += 1
      }
    }
    unread = total - min(total, counted)
  }

  private mutating func count(_ code: FactCode, at position: Position) {
    types[code, default: Found(first: position, last: position)].count += 1
    types[code]?.last = position
  }

  private mutating func take(_ event: Event, _ folder: inout ViewFolder) {
    count(FactCode(event.fact), at: event.position)
    if !isWhole, let revision = event.revision { revisions.append(revision) }
    guard failure == nil else { return }
    switch event.fact {
    case .jobLogged, .jobProgressed: return
    // They change what more than these events decide.
    case .holdPlaced, .holdReleased, .memberGranted, .memberRevoked: if !isWhole { return }
    default: break
    }
    folded += 1
    do { try folder.fold(event) { _ in } } catch { failure = error as? FoldFailure }
  }
}

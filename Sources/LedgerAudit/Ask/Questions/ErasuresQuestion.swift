// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What was erased, on which basis, by whom, why; which holds were placed, and which retention is in force?
enum ErasuresQuestion: Answering {
  static let columns: [AnswerColumn] = [
    .time, .what, .about, .basis, .actor, .reason, .ranges, .files, .inForce, .days, .signedBy,
  ]

  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError) {
    guard inquiry.size.value > 0 else {
      answer.notAnswerable = "the ledger had no event yet"
      return
    }
    let policies = try inquiry.policies()
    try addRetention(policies, in: &inquiry, to: &answer)
    var told: [Event] = []
    try inquiry.forEachEvent(of: [.textErased, .artifactErased, .holdPlaced, .holdReleased]) {
      event, _ in told.append(event)
    }
    // What covers all of the ledger, or its project, covers what is asked about.
    try inquiry.forEachWider(of: [.textErased, .artifactErased, .holdPlaced, .holdReleased]) {
      told.append($0)
    }
    told.sort { $0.position < $1.position }
    let holds = try inquiry.documents.holdState()
    for event in told {
      let isErasure: Bool
      switch event.fact {
      case .textErased(let fact):
        isErasure = true
        try add(
          event, "words-erased", basis: fact.basis, ranges: fact.ranges, in: &inquiry, to: &answer)
      case .artifactErased(let fact):
        isErasure = true
        try add(
          event, "files-erased", basis: fact.basis, files: fact.digests, in: &inquiry, to: &answer)
      case .holdPlaced:
        isErasure = false
        let isInForce = holds.holds.contains { hold in
          hold.placed.contains { $0.position == event.position }
        }
        try add(event, "hold-placed", isInForce: isInForce, in: &inquiry, to: &answer)
      default:
        isErasure = false
        try add(event, "hold-released", in: &inquiry, to: &answer)
      }
      if isErasure {
        try exceptErasure(event, policies.inForce(at: event.position), in: &inquiry, to: &answer)
      }
    }
  }

  /// The minimum retention from each moment on; the last is in force.
  private static func addRetention(
    _ policies: Policies, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    var changes: [(event: Event, days: UInt32)] = [
      (try inquiry.event(at: Position(0)), Policy.default.retentionMinimumDays)
    ]
    for (event, policy) in policies.set where policy.retentionMinimumDays != changes.last?.days {
      changes.append((event, policy.retentionMinimumDays))
    }
    for (index, change) in changes.enumerated() {
      let isInForce = index == changes.count - 1
      // What was replaced before the window says nothing in it.
      if !isInForce, changes[index + 1].event.position.value < inquiry.since.value { continue }
      let reason = try inquiry.documents.value(of: .reason, in: change.event)
      answer.add(
        [
          .time(change.event.time), .word("retention"), .word("ledger"), nil,
          .actor(change.event.actor), reason, nil, nil, .flag(isInForce),
          .count(UInt64(change.days)), nil,
        ], restingOn: [change.event.position])
    }
  }

  private static func add(
    _ event: Event, _ what: String, basis: ErasureBasis? = nil, ranges: [PositionRange]? = nil,
    files: [Digest]? = nil, isInForce: Bool? = nil, in inquiry: inout Inquiry,
    to answer: inout Answer
  ) throws(ReadingError) {
    let ranges = ranges.map { ranges in
      JSONValue.array(
        ranges.map { .array([.integer($0.from.value), .integer($0.to.value)]) })
    }
    answer.add(
      [
        .time(event.time), .word(what), .name(try about(event, &inquiry.documents)),
        basis.map { .word($0.rawValue) }, .actor(event.actor),
        try inquiry.documents.value(of: .reason, in: event), ranges.map { .json($0) },
        files.map { .digests($0) }, isInForce.map { .flag($0) }, nil,
        event.fact.signature.map { .name($0.fingerprint ?? "none") },
      ], restingOn: [event.position])
  }

  private static func about(
    _ event: Event, _ documents: inout Documents
  ) throws(ReadingError) -> String {
    if let job = event.job { return job.string }
    return try documents.label(of: event) ?? event.project?.string ?? "ledger"
  }

  // MARK: What must not be

  private static func exceptErasure(
    _ event: Event, _ policy: Policy, in inquiry: inout Inquiry, to answer: inout Answer
  ) throws(ReadingError) {
    let label = try about(event, &inquiry.documents)
    let before = LedgerSize(event.position.value)
    if let hold = try hold(over: event, asOf: before, in: &inquiry) {
      answer.except(
        .erasedUnderHold, about: label,
        restingOn: hold.placed.map(\.position) + [event.position])
    }
    if let latest = try latest(erasedBy: event, in: inquiry),
      policy.erasable(recorded: try inquiry.snapshot.time(at: latest)) > event.time
    {
      answer.except(.erasedInRetention, about: label, restingOn: [latest, event.position])
    }
    guard case .artifactErased = event.fact, let id = event.versionID,
      case .version(let version)? = try inquiry.snapshot.entity(.version(id), asOf: before),
      version.activeDeployments > 0
    else { return }
    answer.except(.erasedInProduction, about: label, restingOn: [event.position])
  }

  /// The latest event whose words it names, or that made the version whose files it names.
  private static func latest(
    erasedBy event: Event, in inquiry: Inquiry
  ) throws(ReadingError) -> Position? {
    switch event.fact {
    case .textErased(let fact):
      // Times increase with positions, but where the clock was corrected: then the later is meant.
      return fact.ranges.map(\.to).filter { $0 < event.position }.max()
    default:
      guard let id = event.versionID else { return nil }
      var made: Position?
      var about = inquiry.about(.version(id))
      try about.forEachEvent(of: [.versionTrained, .versionImported], fromTheStart: true) {
        maker, _ in
        if maker.position < event.position { made = maker.position }
      }
      return made
    }
  }

  /// A hold in force then on something that the erasure named: of its envelope, of the job whose words
  /// these were, or of an event in its ranges.
  private static func hold(
    over event: Event, asOf size: LedgerSize, in inquiry: inout Inquiry
  ) throws(ReadingError) -> Hold? {
    guard case .holds(let state)? = try inquiry.snapshot.entity(.holds, asOf: size) else {
      return nil
    }
    var version = event.versionID
    var subject = event.subjectID
    var project = event.project
    if let id = event.job, case .job(let job)? = try inquiry.snapshot.entity(.job(id), asOf: size) {
      (version, subject, project) = (
        version ?? job.versionID, subject ?? job.subjectID, project ?? job.project
      )
    }
    let covering = state.covering(
      project: project, subject: subject, version: version, job: event.job)
    if let hold = covering.first { return hold }
    guard case .textErased(let fact) = event.fact, event.job == nil else { return nil }
    for hold in state.holds {
      var positions: [Position] = []
      switch hold.target {
      case .version(let id) where id.subject == subject && event.number == nil:
        var about = inquiry.about(.version(id))
        try about.forEachEvent(of: Inquiry.allTypes, fromTheStart: true) { event, _ in
          positions.append(event.position)
        }
      case .job(let id):
        try inquiry.snapshot.forEachPosition(of: id, asOf: size) { position in
          positions.append(position)
          return true
        }
      default: continue
      }
      let isErased = positions.contains { position in
        fact.ranges.contains { $0.from <= position && position <= $0.to }
      }
      if isErased { return hold }
    }
    return nil
  }
}

// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// A ledger without a store: decides, gives events their places, and folds them in memory.
public struct Recorder: Sendable {
  /// Everything that happened.
  public private(set) var events: [Event] = []
  /// The words of each event, at the same index.
  public private(set) var texts: [EventText] = []
  /// What follows from it.
  public private(set) var views = MemoryViews()
  /// The time of what comes next, unless the latest event is later.
  public var clock: FixedClock
  private var revisions: [SubjectID: UInt64] = [:]

  /// Starts an empty log.
  public init(clock: FixedClock = FixedClock()) { self.clock = clock }

  /// The number of events.
  public var size: LedgerSize { LedgerSize(UInt64(events.count)) }

  /// What would follow from a command now. Nothing is recorded.
  public func decide(_ command: Command, bits: UInt64) throws(Refusal) -> [Draft] {
    var views = views
    let latest = events.last?.time
    return try Decider.decide(
      command, given: &views,
      in: Circumstances(
        time: max(clock.now, latest ?? clock.now), lastTime: latest, size: size,
        drawBits: { bits }))
  }

  /// The event that would record a refusal.
  public func refused(_ command: Command, for refusal: Refusal) -> Draft {
    var views = views
    return command.refused(for: refusal, given: &views)
  }

  /// Gives drafts position, time, revision and text digest, and folds them.
  @discardableResult
  public mutating func append(_ drafts: [Draft]) throws(FoldFailure) -> [Event] {
    let first = events.count
    for draft in drafts {
      let event = stamp(draft)
      try Reducer.fold(event, into: &views)
      views.changes = []
      events.append(event)
      texts.append(draft.text)
    }
    return Array(events[first...])
  }

  private mutating func stamp(_ draft: Draft) -> Event {
    let position = UInt64(events.count)
    var time = clock.now
    if let latest = events.last?.time, latest > time {
      if case .clockCorrected = draft.fact {} else { time = latest }
    }
    var event = Event(
      position: Position(position), time: time, clock: time == clock.now ? nil : clock.now,
      occurred: draft.occurred, actor: draft.actor, project: draft.project,
      subject: draft.subject, number: draft.number, job: draft.job, cause: draft.cause,
      fact: draft.fact)
    // Stands for the salted digest: different for every event, and there when there are words.
    if !draft.text.isEmpty { event.text = Digest(words: (0x7465_7874, position, ~position, 1)) }
    if let subject = event.subjectID, event.fact.bearsRevision {
      let next = revisions[subject, default: 0]
      event.revision = Revision(next)
      revisions[subject] = next + 1
    }
    return event
  }
}

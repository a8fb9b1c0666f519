// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// The views of one size, and what one more event makes of them: asked of the reducer itself, so that
/// nobody else has to know which event touches what.
struct TouchedViews: ViewStore {
  private var source: SnapshotViews
  /// The entities that were stored, each once, in order.
  private(set) var touched: [EntityKey] = []
  private var states: [EntityKey: Entity] = [:]

  /// The views before an event.
  private init(_ snapshot: Snapshot, before position: Position) {
    source = SnapshotViews(snapshot, asOf: LedgerSize(position.value))
  }

  /// The entities whose state an event may have changed. A few seeks.
  static func touched(
    by event: Event, in snapshot: Snapshot
  ) throws(ReadingError) -> [EntityKey] {
    var views = TouchedViews(snapshot, before: event.position)
    var failure: FoldFailure?
    do throws(FoldFailure) { try Reducer.fold(event, into: &views) } catch { failure = error }
    if let error = views.source.failure { throw error }
    if let failure {
      throw ReadingError(
        .rowDamaged(
          "event #\(event.position.value) cannot follow what the views say was before it: "
            + failure.reason.words), "reading what event #\(event.position.value) changed")
    }
    return views.touched
  }

  mutating func entity(_ key: EntityKey) -> Entity? { states[key] ?? source.entity(key) }

  mutating func store(_ entity: Entity) {
    let key = entity.key
    if states.updateValue(entity, forKey: key) == nil { touched.append(key) }
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What stood when, drawn as lanes: of a subject each version, of several subjects each target.
public struct Timeline: Equatable, Sendable {
  /// A stretch of a lane.
  struct Span: Equatable, Sendable {
    var from: Timestamp
    /// nil while it lasts.
    var until: Timestamp?
    var status: VersionStatus
    /// A version, where lanes are targets.
    var label: String?
    var position: Position
  }

  /// One moment on a lane.
  struct Point: Equatable, Sendable {
    var time: Timestamp
    var verdict: Verdict
    var position: Position
  }

  /// A version, or a target of a subject.
  struct Lane: Equatable, Sendable {
    var label: String
    var spans: [Span] = []
    var points: [Point] = []
  }

  /// What fits on a page: the lanes where something happened last.
  private static let limit = 40

  /// The lanes, oldest first.
  private(set) var lanes: [Lane] = []
  /// How many more there are.
  private(set) var omitted = 0
  /// From where to where it is drawn.
  private(set) var span: ClosedRange<Timestamp>

  init(_ inquiry: inout Inquiry) throws(ReadingError) {
    let end = inquiry.moment
    span = end...end
    lanes =
      inquiry.subject == nil ? try Timeline.targets(&inquiry) : try Timeline.versions(&inquiry)
    if lanes.count > Timeline.limit {
      omitted = lanes.count - Timeline.limit
      let latest = lanes.enumerated().sorted {
        ($0.element.last, $0.offset) > ($1.element.last, $1.offset)
      }
      let kept = Set(latest.prefix(Timeline.limit).map(\.offset))
      lanes = lanes.enumerated().filter { kept.contains($0.offset) }.map(\.element)
    }
    let first = lanes.flatMap(\.spans).map(\.from).min() ?? end
    if inquiry.since.value > 0 {
      let since = try inquiry.snapshot.time(at: Position(inquiry.since.value - 1))
      span = min(max(first, since), end)...end
    } else {
      span = min(first, end)...end
    }
  }

  /// A lane for each target of each subject, with what was in production there.
  private static func targets(_ inquiry: inout Inquiry) throws(ReadingError) -> [Lane] {
    var lanes: [Lane] = []
    var places: [EntityKey: Int] = [:]
    for deployment in try inquiry.deployments() {
      let subject = deployment.version.subject
      let key = EntityKey.slot(subject, target: deployment.target)
      if places[key] == nil {
        places[key] = lanes.count
        let label = try inquiry.documents.label(of: subject)
        lanes.append(Lane(label: "\(label) · \(deployment.target)"))
      }
      guard let place = places[key] else { continue }
      lanes[place].spans.append(
        Span(
          from: deployment.since.time, until: deployment.until?.time, status: .deployed,
          label: "@\(deployment.version.number.value)", position: deployment.since.position))
    }
    return lanes
  }

  /// A lane for each version, with its status from each event to the next.
  private static func versions(_ inquiry: inout Inquiry) throws(ReadingError) -> [Lane] {
    var lanes: [Lane] = []
    var places: [VersionID: Int] = [:]
    let snapshot = inquiry.snapshot
    let telling = FactCode.allCases.filter(\.isIndexed)
    try inquiry.forEachEvent(of: telling, fromTheStart: true) {
      (event, documents) throws(ReadingError) in
      guard let id = event.versionID,
        case .version(let version)? = try snapshot.entity(
          .version(id), asOf: LedgerSize(after: event.position))
      else { return }
      if places[id] == nil {
        places[id] = lanes.count
        lanes.append(Lane(label: try documents.label(of: id)))
      }
      guard let place = places[id] else { return }
      let status = version.status
      if lanes[place].spans.last?.status != status {
        if !lanes[place].spans.isEmpty {
          lanes[place].spans[lanes[place].spans.count - 1].until = event.time
        }
        lanes[place].spans.append(
          Span(from: event.time, until: nil, status: status, label: nil, position: event.position))
      }
      let verdict: Verdict? =
        switch event.fact {
        case .versionApproved: .approved
        case .versionRejected: .rejected
        default: nil
        }
      if let verdict {
        lanes[place].points.append(
          Point(time: event.time, verdict: verdict, position: event.position))
      }
    }
    return lanes
  }
}

extension Timeline.Lane {
  /// The last thing that happened on it.
  fileprivate var last: Position {
    max(spans.last?.position ?? Position(0), points.last?.position ?? Position(0))
  }
}

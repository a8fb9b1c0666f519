// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading

/// Which events name stored files: by themselves, or in a list that they name.
public struct BlobSurvey {
  /// The events that name each of the files asked for, in order.
  public private(set) var owners: [Digest: [Event]] = [:]
  private let snapshot: Snapshot
  private let blobs: BlobStore
  private let wanted: Set<Digest>
  /// What each list holds of the files asked for.
  private var lists: [Digest: Set<Digest>] = [:]

  /// Looks through every event but log lines, and reads each list that they name once. A list that
  /// is gone or damaged names nothing any more.
  public init(
    _ snapshot: Snapshot, _ directory: LedgerDirectory, of wanted: Set<Digest>
  ) throws(ReadingError) {
    self.snapshot = snapshot
    self.wanted = wanted
    blobs = BlobStore(directory)
    guard !wanted.isEmpty else { return }
    var positions: [Position] = []
    for type in FactCode.allCases where type.namesBlobs {
      try snapshot.forEachPosition(of: type, asOf: snapshot.size) { position in
        positions.append(position)
        return true
      }
    }
    for position in positions.sorted() { try take(try snapshot.event(at: position)) }
  }

  /// What erasing some of the files is: one item for each subject that names them, and one for what
  /// has none. A file that several subjects share stands in several items.
  public func items(_ digests: [Digest]) -> [ErasureItem] {
    struct Key: Hashable { var subject: SubjectID? }
    var order: [Key] = []
    var groups: [Key: (digests: [Digest], events: [Event])] = [:]
    for digest in digests {
      let events = owners[digest] ?? []
      let keys = events.isEmpty ? [Key(subject: nil)] : events.map { Key(subject: $0.subjectID) }
      for (index, key) in keys.enumerated() {
        if groups[key] == nil { order.append(key) }
        var group = groups[key] ?? ([], [])
        if group.digests.last != digest { group.digests.append(digest) }
        if index < events.count { group.events.append(events[index]) }
        groups[key] = group
      }
    }
    return order.compactMap { key in groups[key].map { BlobSurvey.item($0.digests, $0.events) } }
  }

  private static func item(_ digests: [Digest], _ events: [Event]) -> ErasureItem {
    let projects = Set(events.map(\.project))
    let numbers = Set(events.map(\.number))
    let jobs = Set(events.map(\.job))
    var parts: [ErasureItem.Part] = []
    for event in events {
      let part = ErasureItem.Part(
        project: event.project, subject: event.subjectID, version: event.versionID,
        job: event.job)
      if !parts.contains(part) { parts.append(part) }
    }
    // What no event names is kept by a hold on the ledger alone.
    if parts.isEmpty { parts = [ErasureItem.Part()] }
    return ErasureItem(
      .blobs(digests), project: projects.count == 1 ? projects.first ?? nil : nil,
      subject: events.lazy.compactMap(\.subject).first,
      number: numbers.count == 1 ? numbers.first ?? nil : nil,
      job: jobs.count == 1 ? jobs.first ?? nil : nil, parts: parts,
      latest: events.map(\.time).max() ?? Timestamp(microseconds: .min),
      count: UInt64(digests.count))
  }

  private mutating func take(_ event: Event) throws(ReadingError) {
    var named: Set<Digest> = []
    for digest in event.fact.blobs {
      if wanted.contains(digest) { named.insert(digest) }
      named.formUnion(contents(of: digest))
    }
    for digest in named { owners[digest, default: []].append(event) }
  }

  private mutating func contents(of list: Digest) -> Set<Digest> {
    if let known = lists[list] { return known }
    var found: Set<Digest> = []
    if let files = try? ArtifactFolder.list(list, in: blobs) {
      for entry in files.entries where wanted.contains(entry.digest) { found.insert(entry.digest) }
    }
    lists[list] = found
    return found
  }
}

extension FactCode {
  /// Whether events of this type name blobs.
  fileprivate var namesBlobs: Bool {
    switch self {
    case .subjectRegistered, .subjectUpdated, .jobCreated, .versionTrained, .versionImported,
      .versionEvaluated, .statisticsComputed, .predictionCompleted, .runCompleted,
      .driftMeasured:
      true
    default: false
    }
  }
}

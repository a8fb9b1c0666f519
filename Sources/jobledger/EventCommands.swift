// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerConsole
import LedgerDomain
import LedgerReading

/// `jobledger events`
struct Events: SimpleCommand {
  static let hasRows = true
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "List events in the order of the log.",
    discussion: """
      A type is one such as version.approved, or a family such as version.

        jobledger events --type version
        jobledger events --job train-7k2pqx
        jobledger events --json > everything.jsonl
      """)

  @Option(help: ArgumentHelp("Only events of this type or family.", valueName: "type"))
  var type: [String] = []
  @Option(help: ArgumentHelp("Only events of this job.", valueName: "job")) var job: String?
  @OptionGroup(title: "As of") var moment: AsOfOptions
  @OptionGroup(title: "Everywhere") var global: GlobalOptions

  func perform(_ session: Session) throws {
    let types = try wantedTypes()
    try session.paging {
      let selection = try session.readingOccurred(moment) { view, until in
        let selection = try EventSelection(
          view, types: types, job: try job.map { try view.job($0) }, clock: moment.clock,
          until: until)
        session.remarkAsOf(moment, view, occurredBy: until)
        return selection
      }
      var printer = try ListPrinter(
        session.console,
        [
          Column("position", .right), Column("time"), Column("type"), Column("actor"),
          Column("about"), Column("job"), Column("summary", isFlexible: true),
        ])
      try selection.forEachChunk(session) { positions, documents in
        for position in positions {
          if session.console.isJSON {
            var buffer = ByteBuffer()
            try documents.appendFullForm(at: position, to: &buffer)
            buffer.append(0x0A as UInt8)
            try buffer.withBytes { bytes throws(OutputError) in
              try session.console.out.write(bytes)
            }
            continue
          }
          guard let document = try documents.event(showing: position) else { continue }
          let event = document.event
          try printer.add(
            [
              .number(position.value), .time(event.time), .text(document.type),
              .text(event.actor.person.string), .text(document.label ?? event.project?.string),
              .text(event.job?.string), .text(document.summary),
            ], json: .null)
        }
      }
      try printer.finish()
    }
  }

  /// The types that are asked for; nil for all.
  private func wantedTypes() throws -> Set<EventType>? {
    if type.isEmpty { return nil }
    var types: Set<EventType> = []
    for word in type {
      let found = EventType.allCases.filter { candidate in
        let name = candidate.name.description
        return name.utf8.elementsEqual(word.utf8) || name.utf8.starts(with: "\(word).".utf8)
      }
      if found.isEmpty {
        let near = EditDistance.suggestions(
          for: word, among: EventType.allCases.map(\.name.description))
        throw Failure(
          .badInput, code: "type-unknown", what: "list events of the type", on: "'\(word)'",
          why: "there is no such type",
          next: near.isEmpty
            ? "write it as version.approved, or a family as version"
            : "did you mean \(near.joined(separator: " or "))?")
      }
      types.formUnion(found)
    }
    return types
  }
}

extension View {
  /// The job that a reference leads to; one that came only after this size has no events yet.
  func job(_ text: String) throws -> JobID {
    do {
      if case .job(let id) = try resolve(listed: text, [.job]) { return id }
    } catch ReferenceError.notFound(_, _, _, let near) where !near.isEmpty {
      throw ReferenceError.notFound(text, kinds: [.job], asOf: size, suggestions: near)
    } catch ReferenceError.notFound {
      // A version was named: its job is what was meant.
    }
    var near: [String] = []
    if case .version(let id)? = try? resolve(text, [.version]),
      case .version(let version)? = try entity(.version(id))
    {
      near = [version.job.string]
    }
    throw ReferenceError.notFound(text, kinds: [.job], asOf: size, suggestions: near)
  }

  /// The project that an option names; nil where none was given.
  func project(_ text: String?) throws -> Name? {
    guard let text, case .project(let name) = try resolve(listed: text, [.project]) else {
      return nil
    }
    return name
  }
}

/// Which events a list shows, found by index as far as there is one.
struct EventSelection {
  /// How many events are looked at in one snapshot, so that old pages are not kept for long.
  private static let chunk: UInt64 = 20_000

  private let size: LedgerSize
  private let types: Set<EventType>?
  private let job: JobID?
  /// The positions, where the index knows them or the order is another; else a range is scanned.
  private let positions: [Position]?
  private let range: Range<UInt64>

  /// Looks the selection up as of the size of a view; by the time that things occurred, only those
  /// until a moment.
  init(
    _ view: View, types: Set<EventType>?, job: JobID?, clock: ClockChoice, until: Timestamp?
  ) throws {
    size = view.size
    self.types = types
    self.job = job
    var range = 0..<view.size.value
    if let job {
      guard case .job(let state)? = try view.entity(.job(job)) else {
        (self.range, positions) = (0..<0, nil)
        return
      }
      let end =
        state.status.isFinal
        ? try view.snapshot.lastPosition(of: job, asOf: view.size).map { $0.value + 1 } : nil
      // A note may come after the end of a job: the index has it as the last position.
      range = state.created.position.value..<(end ?? view.size.value)
    }
    self.range = range
    let isIndexed = types?.allSatisfy { FactCode($0).isIndexed } ?? false
    var found: [Position]?
    if let types, isIndexed {
      var list: [Position] = []
      for type in types {
        try view.snapshot.forEachPosition(of: FactCode(type), asOf: view.size) { position in
          if range.contains(position.value) { list.append(position) }
          return true
        }
      }
      found = list.sorted()
    }
    if clock == .occurred {
      var timed: [(Timestamp, Position)] = []
      for value in found?.map(\.value) ?? Array(range) {
        let event = try view.snapshot.event(at: Position(value))
        let occurred = event.occurred ?? event.time
        if let until, occurred > until { continue }
        timed.append((occurred, event.position))
      }
      found = timed.sorted { $0 < $1 }.map(\.1)
    }
    positions = found
  }

  /// Lends the positions chunk by chunk, each with a snapshot of its own.
  func forEachChunk(
    _ session: Session, _ body: ([Position], inout Documents) throws -> Void
  ) throws {
    let count = positions.map { UInt64($0.count) } ?? UInt64(range.count)
    let directory = try session.reader().directory
    var start: UInt64 = 0
    while start < count {
      let end = min(start + EventSelection.chunk, count)
      try session.read { snapshot in
        var documents = Documents(snapshot, asOf: size, directory: directory)
        var wanted: [Position] = []
        for index in start..<end {
          let position = positions?[Int(index)] ?? Position(range.lowerBound + index)
          if try isWanted(position, snapshot) { wanted.append(position) }
        }
        try body(wanted, &documents)
      }
      start = end
    }
  }

  /// Whether the leaf is of a wanted type and job; it is not decoded.
  private func isWanted(_ position: Position, _ snapshot: Snapshot) throws -> Bool {
    if types == nil, job == nil { return true }
    return try snapshot.leaf(at: position) { leaf in
      if let types {
        guard let type = EventCodec.type(of: leaf), types.contains(type) else { return false }
      }
      guard let job else { return true }
      // A leaf holds identifiers alone, so these bytes stand only where they mean the job.
      let member = Array(",\"job\":\"\(job.string)\",".utf8)
      return EventSelection.contains(leaf, member)
    }
  }
  /// Whether bytes occur in others.
  private static func contains(_ bytes: UnsafeRawBufferPointer, _ wanted: [UInt8]) -> Bool {
    wanted.withUnsafeBytes { wanted in
      guard let start = bytes.baseAddress, let first = wanted.baseAddress else { return false }
      var at = 0
      while bytes.count - at >= wanted.count {
        guard let found = memchr(start + at, Int32(wanted[0]), bytes.count - at - wanted.count + 1)
        else { return false }
        if memcmp(found, first, wanted.count) == 0 { return true }
        at = UnsafeRawPointer(found) - start + 1
      }
      return false
    }
  }
}

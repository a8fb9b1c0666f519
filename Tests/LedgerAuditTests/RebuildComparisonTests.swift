// SPDX-License-Identifier: Apache-2.0
import LMDB
import LMDBWriting
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Stored views are compared with those that the events make, and the first difference is told.
@Suite struct RebuildComparisonTests {
  private func compare(
    _ store: Store, asOf size: UInt64? = nil, reducer: UInt32? = nil,
    editions: [ReducerEdition] = ReducerEdition.all
  ) throws -> RebuildReport {
    // A process has a ledger open once.
    store.close()
    let reader = try store.reader()
    defer { reader.close() }
    let at = try reader.withSnapshot {
      try ResolvedSize(size.map { LedgerSize($0) } ?? $0.size, in: $0)
    }
    return try RebuildComparison.compare(
      reader, asOf: at, reducer: reducer, editions: editions)
  }

  /// The latest state of the first version that is evaluated, with the event that made it so.
  private func evaluated(_ store: Store) throws -> (state: Version, position: Position) {
    store.close()
    let reader = try store.reader()
    defer { reader.close() }
    return try reader.withSnapshot { snapshot in
      var states: [Version] = []
      try snapshot.forEachEntity(of: .version, asOf: snapshot.size) { entity in
        if case .version(let state) = entity, !state.metrics.isEmpty { states.append(state) }
        return true
      }
      let state = try #require(states.first)
      var last: (Version, Position)?
      try snapshot.forEachState(of: .version(state.id), asOf: snapshot.size) {
        position, entity in
        if case .version(let state) = entity { last = (state, position) }
        return true
      }
      return try #require(last)
    }
  }

  private func put(_ entity: Entity, at position: Position, in store: Store) throws {
    var row: [UInt8] = []
    RowCodec.encode(entity, into: &row)
    try put(row, of: entity.key, at: position, in: store)
  }

  private func put(
    _ row: [UInt8]?, of key: EntityKey, at position: Position, in store: Store
  ) throws {
    var bytes: [UInt8] = []
    RowKey.prefix(of: key, into: &bytes)
    RowKey.append(position.value, to: &bytes)
    let key = bytes
    try store.tamper { (loan, tables) throws(LMDBError) in
      if let row {
        try loan.put(tables.rows, key, row, mode: .overwrite)
      } else {
        try loan.delete(tables.rows, key)
      }
    }
  }

  @Test(arguments: UInt64(0)..<3)
  func `views as they were written are equal, at every size`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: 7400 + seed, length: 240), rotations: true)
    let size = try store.head().size.value
    var random = SplitMix64(seed: seed)
    store.close()
    for round in 0..<8 {
      let at = round == 0 ? size : round == 1 ? 0 : UInt64(random.below(Int(size) + 1))
      let report = try compare(store, asOf: at)
      #expect(report.isEqual && report.first == nil && report.differences == 0)
      #expect(report.stored == 1 && report.reducer == 1)
      #expect(report.kinds.map(\.kind) == EntityKind.allCases)
      #expect(report.kinds.allSatisfy { $0.stored == $0.rebuilt })
    }
    #expect(try compare(store).rows > size / 4)
  }

  @Test func `the first value that differs is told, with its event, stored and rebuilt`() throws {
    let store = try Store(HistoryGenerator.history(seed: 7410, length: 300))
    let (version, position) = try evaluated(store)
    var forged = version
    forged.metrics[0].value = 0.999
    try put(.version(forged), at: position, in: store)
    let report = try compare(store)
    #expect(!report.isEqual && report.differences == 1)
    let first = try #require(report.first)
    #expect(first.entity == .version(version.id))
    #expect(first.position == position)
    #expect(first.event?.event.position == position)
    let name = "metrics.\(version.metrics[0].name.string)"
    #expect(
      first.what
        == .differs(
          field: name, stored: .number(0.999),
          rebuilt: Metric.json([version.metrics[0]]).object?.members.first?.value))
    #expect(report.kinds.filter { $0.stored != $0.rebuilt }.map(\.kind) == [.version])
    // Before that event nothing differs.
    #expect(try compare(store, asOf: position.value).isEqual)
    #expect(try !compare(store, asOf: position.value + 1).isEqual)
    #expect(try #require(report.json.object?["ok"]) == .bool(false))
    // An earlier state is no state as of the head: the rows tell, and the digests do not.
    let earlier = try Store(HistoryGenerator.history(seed: 7410, length: 300))
    let made = version.created.position
    earlier.close()
    var wrong = Version(
      id: version.id, kind: version.kind, job: version.job, maker: version.maker,
      created: version.created, evidenceChanged: made)
    wrong.making = .failed
    try put(.version(wrong), at: made, in: earlier)
    let old = try compare(earlier)
    #expect(old.first?.position == made && !old.isEqual)
    #expect(
      old.first?.what
        == .differs(field: "status", stored: .string("failed"), rebuilt: .string("building")))
    #expect(old.kinds.allSatisfy { $0.stored == $0.rebuilt })
  }

  @Test func `a row that is missing, garbled or too many is told`() throws {
    let history = HistoryGenerator.history(seed: 7420, length: 300)
    var store = try Store(history)
    let (version, position) = try evaluated(store)
    try put(nil, of: .version(version.id), at: position, in: store)
    var report = try compare(store)
    #expect(report.first?.what == .missing && report.first?.position == position)
    #expect(report.differences == 1)

    store = try Store(history)
    try put([0xFF, 0x00], of: .version(version.id), at: position, in: store)
    report = try compare(store)
    guard case .unreadable? = report.first?.what else {
      Issue.record("\(String(describing: report.first))")
      return
    }

    store = try Store(history)
    let ghost = VersionID(subject: version.id.subject, number: VersionNumber(4_000_000))
    var surplus = version
    surplus.id = ghost
    try put(.version(surplus), at: Position(position.value), in: store)
    report = try compare(store)
    #expect(report.first?.what == .surplus && report.first?.entity == .version(ghost))
    #expect(report.differences == 1 && !report.isEqual)
    // Of two, the one whose event comes first is shown.
    var forged = version
    forged.making = .failed
    try put(.version(forged), at: version.created.position, in: store)
    report = try compare(store)
    #expect(report.first?.position == version.created.position && report.differences == 2)
  }

  // MARK: Other versions of the reducer

  /// The rules of an imagined earlier release, which did not look at statistics.
  private static let older = ReducerEdition(
    version: 0,
    fold: { (event, views) throws(FoldFailure) in
      if case .statisticsComputed = event.fact { return }
      try Reducer.fold(event, into: &views)
    }, encode: { RowCodec.encode($0, into: &$1) })

  /// Makes the stored views those of the earlier release, in a table of its own.
  private func age(_ store: Store, _ edition: ReducerEdition) throws {
    store.close()
    let reader = try store.reader()
    let size = try reader.withSnapshot { $0.size.value }
    var views = MemoryViews()
    var rows: [([UInt8], [UInt8])] = []
    try reader.withSnapshot { snapshot in
      for position in 0..<size {
        try edition.fold(try snapshot.event(at: Position(position)), &views)
        var last: [EntityKey: Entity] = [:]
        for entity in views.changes { last[entity.key] = entity }
        for (key, entity) in last {
          var (name, row): ([UInt8], [UInt8]) = ([], [])
          RowKey.prefix(of: key, into: &name)
          RowKey.append(position, to: &name)
          edition.encode(entity, &row)
          rows.append((name, row))
        }
        views.changes = []
      }
    }
    reader.close()
    let environment = try Environment.open(
      directory: store.path + "/db/1", options: Environment.Options())
    let tables = try Tables.open(in: environment, create: false)
    let other = try environment.openTables(["rows-\(edition.version)"], create: true)[0]
    let made = rows
    _ = try environment.write { (transaction) throws(LMDBError) in
      let loan = transaction.loan
      for (key, row) in made { try loan.put(other, key, row, mode: .insert) }
      try loan.clear(tables.rows)
      let stored = try loan.get(tables.head, HeadKey.head) { Head($0) }
      guard var head = stored ?? nil else { throw LMDBError(.notFound, in: "head") }
      head.reducer = edition.version
      try loan.put(tables.head, HeadKey.head, head.bytes, mode: .overwrite)
    }
    try environment.close()
  }

  @Test func `views of an older reducer are compared with its own rules, or refused`() throws {
    let store = try Store(HistoryGenerator.history(seed: 7430, length: 400))
    let older = RebuildComparisonTests.older
    try age(store, older)
    // This program has no such reducer, and says so.
    #expect(throws: UnknownReducer(version: 0, known: [1])) { try compare(store) }
    // One that has both takes the rules of those views.
    let both = ReducerEdition.all + [older]
    let own = try compare(store, editions: both)
    #expect(own.isEqual && own.stored == 0 && own.reducer == 0)
    // Asked for the newer one, it shows what the rules changed: the first statistics.
    let newer = try compare(store, reducer: 1, editions: both)
    #expect(newer.stored == 0 && newer.reducer == 1 && !newer.isEqual)
    let first = try #require(newer.first)
    let reader = try store.reader()
    let statistics = try reader.withSnapshot { snapshot in
      var found: Position?
      try snapshot.forEachPosition(of: .statisticsComputed, asOf: snapshot.size) {
        found = $0
        return false
      }
      return try #require(found)
    }
    reader.close()
    #expect(first.position == statistics)
    #expect(first.what == .missing)
    #expect(throws: UnknownReducer(version: 7, known: [1, 0])) {
      try compare(store, reducer: 7, editions: both)
    }
  }

  @Test func `the tool ends with 2 where they differ, and with 69 where it lacks the reducer`()
    throws
  {
    let store = try Store(HistoryGenerator.history(seed: 7440, length: 200))
    let (version, position) = try evaluated(store)
    store.close()
    func run(_ more: String...) throws -> (Int32, String) {
      let command = [
        "\(binaries)/jobledger-replay", "state", "--rebuild", "--ledger", store.path,
      ]
      let bytes = try PythonOracle.run(
        """
        import subprocess, sys
        words = sys.stdin.read().split("\\n")
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        sys.stdout.write(str(done.returncode) + "\\n" + done.stdout.decode())
        """, input: Array((command + more).joined(separator: "\n").utf8))
      let text = String(decoding: bytes, as: UTF8.self)
      let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      return (Int32(String(parts[0])) ?? -1, String(parts.last ?? ""))
    }
    let equal = try run()
    #expect(equal.0 == 0 && equal.1.hasPrefix("equal: "), "\(equal)")
    let unknown = try run("--reducer", "7")
    #expect(unknown.0 == 69 && unknown.1.contains("this program has reducer 1"), "\(unknown)")
    var forged = version
    forged.making = .failed
    try put(.version(forged), at: position, in: store)
    let different = try run()
    #expect(different.0 == 2, "\(different)")
    for words in [
      "DIFFERENT: ", "view    version \(version.id)", "event   #\(position.value), ",
      "field   making", "stored  failed", "rebuilt built",
    ] {
      #expect(different.1.contains(words), "\(words) in \(different.1)")
    }
    let json = try run("--json")
    #expect(json.0 == 2 && json.1.contains("\"field\":\"making\""), "\(json)")
  }
}

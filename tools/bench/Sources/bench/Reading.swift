// SPDX-License-Identifier: Apache-2.0
import Foundation
import LMDB
import LedgerAudit
import LedgerDomain
import LedgerReading

/// Rebuilding views, and reading entities as of any size, beside what the bytes alone cost.
enum Reading {
  static func run(_ arguments: [String]) {
    guard arguments.count == 1 else { Bench.usage() }
    do {
      let reader = try LedgerReader.open(arguments[0])
      defer { reader.close() }
      let size = try reader.read { (snapshot) throws(ReadingError) in snapshot.size }
      print("events \(size.value)")
      try rebuild(reader, size)
      try decodeWithFoundation(reader)
      try entities(reader, size)
      try state(reader, size)
    } catch {
      Bench.fail(error)
    }
  }

  /// The rebuilds alone, for a profile.
  static func rebuildOnly(_ arguments: [String]) {
    guard arguments.count == 1 else { Bench.usage() }
    do {
      let reader = try LedgerReader.open(arguments[0])
      try rebuild(reader, try reader.read { (snapshot) throws(ReadingError) in snapshot.size })
    } catch {
      Bench.fail(error)
    }
  }

  private static func timed(_ name: String, _ count: Double, _ body: () throws -> Void) rethrows {
    let start = Bench.now()
    try body()
    print("\(name) \(count / (Bench.now() - start))")
  }

  private static func rebuild(_ reader: LedgerReader, _ size: LedgerSize) throws {
    try timed("rebuild", Double(size.value)) { try Rebuild.fold(reader, through: size) }
    try timed("rebuild-skipping", Double(size.value)) {
      try Rebuild.fold(reader, through: size, skippingLogs: true)
    }
  }

  /// A leaf as JSONDecoder reads it: the envelope, and the members of a log line.
  private struct Leaf: Decodable {
    struct Actor: Decodable {
      var auth: String
      var id: String
    }
    struct LineData: Decodable {
      var line: Int?
      var level: String?
      var stream: String?
    }
    var actor: Actor
    var data: LineData
    var job: String?
    var position: Int
    var project: String?
    var text: String?
    var time: String
    var type: String
    var v: Int
  }

  private static func decodeWithFoundation(_ reader: LedgerReader) throws {
    let count: UInt64 = 200_000
    var leaves: [Data] = []
    try reader.read { (snapshot) throws(ReadingError) in
      let end = min(count, snapshot.size.value)
      for position in 0..<end {
        leaves.append(Data(try snapshot.leafBytes(at: Position(position))))
      }
    }
    let decoder = JSONDecoder()
    var sum = 0
    try timed("foundation", Double(leaves.count)) {
      for leaf in leaves { sum &+= try decoder.decode(Leaf.self, from: leaf).position }
    }
    print("checksum \(sum)")
  }

  private static func entities(_ reader: LedgerReader, _ size: LedgerSize) throws {
    var keys: [EntityKey] = []
    try reader.read { (snapshot) throws(ReadingError) in
      for kind in [EntityKind.job, .version] {
        try snapshot.forEachEntity(of: kind, asOf: size) { (entity) throws(ReadingError) in
          keys.append(entity.key)
          return true
        }
      }
    }
    var random = SystemRandomNumberGenerator()
    let asked = (0..<200_000).map { _ in
      (keys.randomElement(using: &random)!, UInt64.random(in: 1...size.value, using: &random))
    }
    try reader.read { (snapshot) throws(ReadingError) in
      var found = 0
      let start = Bench.now()
      for (key, size) in asked {
        if try snapshot.entity(key, asOf: LedgerSize(size)) != nil { found += 1 }
      }
      print("entity-ns \((Bench.now() - start) * 1e9 / Double(asked.count))")
      let raw = Bench.now()
      for (key, size) in asked {
        try withRowKey(key, at: Position(size - 1)) { (bytes) throws(ReadingError) in
          try snapshot.loan.withCursor(snapshot.tables.rows) { (cursor) throws(ReadingError) in
            do throws(LMDBError) {
              if let entry = try cursor.seek(atOrBefore: bytes) { found += entry.value.count }
            } catch {
              throw ReadingError(lmdb: error)
            }
          }
        }
      }
      print("raw-seek-ns \((Bench.now() - raw) * 1e9 / Double(asked.count))")
      print("found \(found)")
    }
  }

  /// The state part alone, for a profile.
  static func stateOnly(_ arguments: [String]) {
    guard arguments.count == 1 else { Bench.usage() }
    do {
      let reader = try LedgerReader.open(arguments[0])
      try state(reader, try reader.read { (snapshot) throws(ReadingError) in snapshot.size })
    } catch {
      Bench.fail(error)
    }
  }

  /// The state of everything as of half the log, decoded; and reading just those rows: LMDB looks
  /// each up by a key that is known beforehand, and every byte of it is added up.
  private static func state(_ reader: LedgerReader, _ size: LedgerSize) throws {
    let half = LedgerSize(size.value / 2)
    try reader.read { (snapshot) throws(ReadingError) in
      var keys: [[UInt8]] = []
      for kind in EntityKind.allCases {
        try snapshot.forEachRow(of: kind, asOf: half) { (key, _) throws(ReadingError) in
          keys.append([UInt8](key))
          return true
        }
      }
      for _ in 0..<9 {
        var count = 0
        var start = Bench.now()
        for kind in EntityKind.allCases {
          try snapshot.forEachEntity(of: kind, asOf: half) { (_) throws(ReadingError) in
            count += 1
            return true
          }
        }
        let decoded = Bench.now() - start
        var bytes = 0
        var sum: UInt64 = 0
        start = Bench.now()
        for key in keys {
          do throws(LMDBError) {
            _ = try snapshot.loan.get(snapshot.tables.rows, key) { row in
              bytes += row.count
              for byte in row { sum &+= UInt64(byte) }
            }
          } catch {
            throw ReadingError(lmdb: error)
          }
        }
        let raw = Bench.now() - start
        guard count == keys.count else { Bench.fail("\(count) entities, \(keys.count) rows") }
        print("state-ratio \(decoded / raw) entities \(count) bytes \(bytes) sum \(sum)")
        print("state-ns \(decoded * 1e9 / Double(count)) raw-ns \(raw * 1e9 / Double(count))")
      }
    }
  }
}

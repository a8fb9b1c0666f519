// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain

/// Gathers one column.
struct ColumnBuilder: ~Copyable {
  private let bounds: Bounds
  private var kinds = ColumnStatistics.Kinds()
  private var missing: UInt64 = 0
  private var numbers: NumberColumn?
  private var dates: NumberColumn?
  private var words: WordTable?

  init(_ bounds: Bounds) { self.bounds = bounds }

  /// Adds a cell; false where it is no well-formed UTF-8 (then it is mended and counted).
  @inline(__always)
  mutating func add(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ powers: borrowing PowersOfFive,
    _ sorter: inout BlockSorter
  ) -> Bool {
    var value = 0.0
    switch Cell.classify(bytes, count, powers, &value) {
    case .integer: kinds.integer &+= 1
    case .number: kinds.number &+= 1
    case .missing:
      missing &+= 1
      return true
    case .boolean(let flag):
      kinds.boolean &+= 1
      addWord(flag ? "true" : "false")
      return true
    case .date(let seconds):
      kinds.date &+= 1
      if dates == nil { dates = NumberColumn(bounds) }
      dates?.add(seconds, &sorter)
      return addText(bytes, count)
    case .text:
      kinds.text &+= 1
      return addText(bytes, count)
    }
    if numbers == nil { numbers = NumberColumn(bounds) }
    numbers?.add(value, &sorter)
    return true
  }

  /// A row ended before this column.
  mutating func addMissing() { missing &+= 1 }

  private mutating func addWord(_ word: StaticString) {
    var special: UInt64 = 0
    let hash = StableHash.of(word.utf8Start, word.utf8CodeUnitCount, special: &special)
    if words == nil { words = WordTable(bounds) }
    words?.add(word.utf8Start, word.utf8CodeUnitCount, hash: hash)
  }

  @inline(__always)
  private mutating func addText(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    if words == nil { words = WordTable(bounds) }
    var special: UInt64 = 0
    let hash = StableHash.of(bytes, count, special: &special)
    if special == 0 {
      words?.add(bytes, count, hash: hash)
      return true
    }
    return addWide(bytes, count, hash)
  }

  private mutating func addWide(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt64
  ) -> Bool {
    let cell = UnsafeBufferPointer(start: bytes, count: count)
    if UTF8Text.isValid(cell) {
      words?.add(bytes, count, hash: hash)
      return true
    }
    let mended = UTF8Text.mended(cell)
    mended.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var special: UInt64 = 0
      let hash = StableHash.of(base, buffer.count, special: &special)
      words?.add(base, buffer.count, hash: hash)
    }
    return false
  }

  /// What is known of the column.
  mutating func finish(named name: Text, _ sorter: inout BlockSorter) -> ColumnStatistics {
    let type = type
    let found = numbers?.finish(&sorter)
    let days = dates?.finish(&sorter)
    var distinct = words?.distinctWords() ?? Distinct(exact: 0)
    if let more = found?.distinct {
      distinct.count += more.count
      distinct.relativeError = max(distinct.relativeError, more.relativeError)
    }
    return ColumnStatistics(
      name: name, type: type, kinds: kinds, missing: missing, distinct: distinct,
      numbers: (type == .date ? days : found)?.summary,
      bins: bins(type, found, days))
  }

  private var type: ColumnType {
    let count = kinds.count
    if count == 0 { return .empty }
    if kinds.integer == count { return .integer }
    if kinds.integer + kinds.number == count { return .number }
    if kinds.boolean == count { return .boolean }
    if kinds.date == count { return .date }
    return .text
  }

  private func bins(
    _ type: ColumnType, _ numbers: NumberFindings?, _ dates: NumberFindings?
  ) -> Bins {
    let isNumeric = type == .integer || type == .number
    if let numeric = isNumeric ? numbers : type == .date ? dates : nil {
      if numeric.distribution.values.count > Bins.singleNumbers {
        let edges = numeric.distribution.edges(bins: Bins.parts)
        let counts = numeric.distribution.counts(between: edges)
        return Bins(cut: .edges(edges, counts: counts), others: 0, missing: missing)
      }
    }
    var values = words?.words() ?? []
    // Numbers of a column of words are words too, as long as they were counted.
    if let numbers, numbers.distinct.relativeError == 0 {
      values += numbers.distribution.values.map { Bins.Value($0.value.canonicalText, $0.weight) }
    }
    let listed =
      values.filter { isNumeric || type == .boolean || $0.count > 1 }
      .sorted { a, b in
        a.count != b.count
          ? a.count > b.count : a.value.string.utf8.lexicographicallyPrecedes(b.value.string.utf8)
      }.prefix(Bins.listed)
    let counted = listed.reduce(0) { $0 + $1.count }
    return Bins(
      cut: .values(Array(listed)), others: kinds.count - counted, missing: missing,
      countError: words?.countError() ?? 0)
  }
}

extension Double {
  /// As canonical JSON prints it, and `NaN`, `Infinity`, `-Infinity`.
  var canonicalText: Text {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
    guard let bytes = try? CanonicalJSON.encode(.number(self)) else { return "NaN" }
    return Text(String(decoding: bytes, as: UTF8.self))
  }
}

/// Well-formed UTF-8, and what to do without it.
enum UTF8Text {
  static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    String(validating: bytes, as: UTF8.self) != nil
  }

  /// U+FFFD in place of what is no UTF-8.
  static func mended(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    Array(String(decoding: bytes, as: UTF8.self).utf8)
  }

  static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> Text {
    Text(String(decoding: bytes, as: UTF8.self))
  }
}

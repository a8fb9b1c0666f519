// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

private func parse(_ text: String) -> (kind: NumberParser.Kind, value: Double) {
  let powers = PowersOfFive()
  var value = 0.0
  let kind = Array(text.utf8).withUnsafeBufferPointer {
    NumberParser.parse($0.baseAddress!, $0.count, powers, &value)
  }
  return (kind, value)
}

@Suite struct NumberTests {
  @Test func `numbers are read, and nothing else is`() {
    for (text, value) in [
      ("0", 0.0), ("-0", 0), ("+5", 5), ("007", 7),
      ("12345678901234567890", 12_345_678_901_234_567_168),
      ("1.", 1), (".5", 0.5), ("-.5e1", -5), ("1e5", 1e5), ("1E-3", 1e-3), ("1e+2", 100),
      ("0.30000000000000004", 0.1 + 0.2), ("1e400", .infinity), ("1e-400", 0), ("inf", .infinity),
      ("-Infinity", -.infinity), ("INF", .infinity),
      ("2.2250738585072011e-308", Double(bitPattern: 0xf_ffff_ffff_ffff)),
      ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("9007199254740993", 9_007_199_254_740_992),
      ("0.000000000000000000000000000000000000001", 1e-39),
    ] {
      let read = parse(text)
      #expect(read.kind != .none, "\(text)")
      #expect(read.value == value, "\(text)")
    }
    for text in [
      "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1,5", "0x10", "1_000", "12a", "--1", "1 2",
      "infi",
      "nan", "1e5.5", "\u{0661}", "12\0",
    ] { #expect(parse(text).kind == .none, "\(text)") }
  }

  @Test(arguments: UInt64(0)..<10)
  func `each becomes the nearest double`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<1_000 {
      let digits = 1 + random.next(upTo: 20)
      var text = random.next() % 2 == 0 ? "-" : ""
      for _ in 0..<digits { text += String(random.next(upTo: 10)) }
      if random.next() % 2 == 0 {
        text += "."
        for _ in 0..<random.next(upTo: 20) { text += String(random.next(upTo: 10)) }
      }
      if random.next() % 3 == 0 { text += "e\(random.next(upTo: 80) - 40)" }
      #expect(parse(text).value == Double(text), "\(text)")
      let shortest = Double(bitPattern: random.next())
      if shortest.isFinite { #expect(parse("\(shortest)").value == shortest) }
      let usual = (random.unit() - 0.5) * 1_000
      #expect(parse("\(usual)").value == usual)
    }
  }

  @Test func `numbers half way between two doubles go to the even one`() {
    for (text, value) in [
      ("9007199254740993.0", 9007199254740992.0), ("9007199254740995.0", 9007199254740996.0),
      ("4503599627370496.5", 4503599627370496.0), ("4503599627370497.5", 4503599627370498.0),
      ("1.00000000000000011102230246251565404236316680908203125", 1.0),
      ("1.00000000000000011102230246251565404236316680908203126", 1.0000000000000002),
    ] { #expect(parse(text).value == value, "\(text)") }
  }

  @Test func `dates are seconds since 1970 in UTC`() throws {
    for (text, seconds) in [
      ("1970-01-01", 0.0), ("2026-11-21", 1_795_219_200), ("2000-02-29T12:00", 951_825_600),
      ("2026-11-21 08:00:00.25Z", 1_795_248_000.25), ("2026-11-21T08:00:00+01:30", 1_795_242_600),
      ("1969-12-31T23:59:59", -1), ("0001-01-01", -62_135_596_800),
    ] {
      let read = Array(text.utf8).withUnsafeBufferPointer {
        DateParser.parse($0.baseAddress!, $0.count)
      }
      #expect(read == seconds, "\(text)")
    }
    for text in [
      "2026-13-01", "2026-02-29", "2026-1-1xx", "2026-11-21T25:00", "2026-11-21T08:00:00.",
      "2026-11-21T08", "20261121xx", "2026-11-21T08:00+", "2026-11-21x",
    ] {
      let read = Array(text.utf8).withUnsafeBufferPointer {
        DateParser.parse($0.baseAddress!, $0.count)
      }
      #expect(read == nil, "\(text)")
    }
  }

  @Test func `blocks are sorted as numbers are`() {
    var random = SplitMix64(seed: 3)
    var sorter = BlockSorter(capacity: 1_000)
    for count in [0, 1, 2, 999, 1_000] {
      var values = (0..<count).map { _ in
        random.next() % 4 == 0 ? Double(random.next(upTo: 5)) - 2 : random.normal() * 1e6
      }
      if count > 2 {
        values[1] = -.infinity
        values[0] = .infinity
      }
      let wanted = values.sorted()
      values.withUnsafeMutableBufferPointer { sorter.sort($0) }
      #expect(values == wanted)
    }
  }

  @Test func `a sketch keeps the rank of every value within the bound it states`() {
    for (count, order) in [(30_000, 0), (30_000, 1), (33_456, 2), (20_000, 3)] {
      var random = SplitMix64(seed: UInt64(order))
      var sketch = QuantileSketch(runLength: 64)
      var values = (0..<count).map { _ in (random.normal() * 1_000).rounded() }
      if order == 1 { values.sort() }
      if order == 2 { values.sort(by: >) }
      var sorter = BlockSorter(capacity: 64)
      var at = 0
      while at + 64 <= count {
        var run = Array(values[at..<(at + 64)])
        run.withUnsafeMutableBufferPointer {
          sorter.sort($0)
          sketch.add(UnsafeBufferPointer($0))
        }
        at += 64
      }
      var all = values[at...].map { Weighted(value: $0, weight: 1) }
      sketch.weighted(into: &all)
      all.sort { $0.value < $1.value }
      let exact = values.sorted()
      #expect(all.reduce(0) { $0 + $1.weight } == UInt64(count))
      let bound = sketch.rankBound
      #expect(Double(bound) < 0.05 * Double(count))
      var weight: UInt64 = 0
      for (index, item) in all.enumerated() {
        weight += item.weight
        if index + 1 < all.count, all[index + 1].value == item.value { continue }
        let rank = exact.partitioningIndex { $0 > item.value }
        #expect(abs(rank - Int(weight)) <= Int(bound))
      }
    }
  }

  @Test func `different values are estimated within their stated error`() {
    for count in [1_000, 20_000, 60_000, 200_000] {
      var estimate = HyperLogLog()
      for value in 0..<count { estimate.add(StableHash.of(UInt64(value) &* 3)) }
      let error = abs(Double(estimate.estimate()) / Double(count) - 1)
      #expect(error < 4 * HyperLogLog.relativeError, "\(count): \(error)")
    }
  }
}

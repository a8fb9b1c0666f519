// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerAudit

@Suite struct TimeAxisTests {
  private func time(_ written: String) throws -> Timestamp {
    try #require(Timestamp(written + "T00:00:00.000000Z"))
  }

  @Test func `years are marked by their beginnings`() throws {
    let axis = TimeAxis(try time("2021-07-01")...(try time("2026-09-10")), width: 100)
    #expect(axis.marks.map(\.label) == ["2022", "2023", "2024", "2025", "2026"])
  }

  @Test func `times of a day say once which day`() throws {
    let start = try time("2026-06-30")
    let end = Timestamp(microseconds: start.microseconds + 4 * 3_600_000_000)
    #expect(
      TimeAxis(start...end, width: 100).marks.map(\.label)
        == ["2026-06-30 00:00", "01:00", "02:00", "03:00", "04:00"])
  }

  @Test func `marks lie on the axis in order, and are few`() throws {
    var random = SplitMix64(seed: 7)
    for _ in 0..<500 {
      let start = Timestamp(
        microseconds: Int64.random(in: 0..<4_000_000_000_000_000, using: &random))
      let power = Int64.random(in: 0..<16, using: &random)
      let length = (0..<power).reduce(Int64(1)) { product, _ in product * 10 }
      let end = Timestamp(microseconds: start.microseconds + length)
      let axis = TimeAxis(start...end, width: 300)
      let marks = axis.marks
      #expect(marks.count <= 10, "\(start) to \(end)")
      #expect(marks.allSatisfy { (start...end).contains($0.time) })
      #expect(zip(marks, marks.dropFirst()).allSatisfy { $0.time < $1.time })
      #expect(axis.place(of: start) <= axis.place(of: end) && axis.place(of: end) == 300)
    }
  }
}

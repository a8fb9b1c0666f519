// SPDX-License-Identifier: Apache-2.0

/// ``FoldingData``, taken apart once in a process, when a scalar beyond ASCII is first met.
struct FoldingTable: Sendable {
  /// What a scalar is to a word.
  enum Kind: Equatable {
    case letter
    case separator
    case ignored
    /// A mark that stays, with its canonical combining class.
    case mark(UInt8)
  }

  static let shared = FoldingTable()

  /// Scalars that are folded alike: each one `stride` after the other, and so what becomes of them.
  private struct Run {
    var first: UInt32
    var last: UInt32
    var stride: UInt32
    var folded: [UInt32]
  }

  private var starts: [UInt32] = [0]
  private var kinds: [Kind] = [.letter]
  private var runs: [Run] = []

  private init() {
    for word in Self.words(of: FoldingData.kinds) {
      let parts = word.split(separator: UInt8(ascii: "="))
      starts.append(Self.number(parts[0]))
      let name = parts.count > 1 ? parts[1] : []
      switch name.first {
      case UInt8(ascii: "-"): kinds.append(.separator)
      case UInt8(ascii: "."): kinds.append(.ignored)
      case nil: kinds.append(.letter)
      default: kinds.append(.mark(UInt8(truncatingIfNeeded: Self.number(name, radix: 10))))
      }
    }
    for word in Self.words(of: FoldingData.foldings) {
      let parts = word.split(separator: UInt8(ascii: "="))
      let from = parts[0].split(separator: UInt8(ascii: "/")).map { Self.number($0) }
      let folded = parts.dropFirst().flatMap {
        $0.split(separator: UInt8(ascii: "+")).map { Self.number($0) }
      }
      let (count, stride) = from.count == 3 ? (from[1], from[2]) : (1, 1)
      runs.append(
        Run(
          first: from[0], last: from[0] + (count - 1) * stride, stride: stride, folded: folded))
    }
  }

  private static func words(of data: String) -> [ArraySlice<UInt8>] {
    Array(data.utf8).split(separator: UInt8(ascii: " "))
  }

  private static func number(_ digits: ArraySlice<UInt8>, radix: UInt32 = 16) -> UInt32 {
    digits.reduce(0) { $0 * radix + UInt32($1 < 0x41 ? $1 - 0x30 : $1 - 0x37) }
  }

  /// What a scalar beyond ASCII is.
  func kind(of scalar: UInt32) -> Kind {
    kinds[starts.partition(before: scalar) { $0 }]
  }

  /// Calls `body` with what becomes of a letter.
  func forEachFolded(_ scalar: UInt32, _ body: (UInt32) -> Void) {
    // Hangul syllables (Unicode §3.12).
    if (0xAC00...0xD7A3).contains(scalar) {
      let index = scalar - 0xAC00
      body(0x1100 + index / 588)
      body(0x1161 + index % 588 / 28)
      if index % 28 > 0 { body(0x11A7 + index % 28) }
      return
    }
    let run = scalar < runs[0].first ? nil : runs[runs.partition(before: scalar) { $0.first }]
    guard let run, scalar <= run.last, (scalar - run.first) % run.stride == 0 else {
      return body(scalar)
    }
    if run.folded.count == 1 { return body(run.folded[0] + scalar - run.first) }
    for folded in run.folded { body(folded) }
  }
}

extension Array {
  /// The index of the last element whose number is not above a scalar; 0 where all are.
  fileprivate func partition(before scalar: UInt32, _ number: (Element) -> UInt32) -> Int {
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if number(self[middle]) <= scalar { low = middle } else { high = middle }
    }
    return low
  }
}

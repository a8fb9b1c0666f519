// SPDX-License-Identifier: Apache-2.0

/// Counts numbers exactly, up to a bound of different ones: open addressing, linear probing.
struct ValueTable: ~Copyable {
  private struct Slot {
    var bits: UInt64
    var count: UInt64
  }

  /// How many different values are in it.
  private(set) var entries = 0
  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  private let bound: Int

  init(bound: Int) {
    self.bound = bound
    mask = 63
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: Slot(bits: 0, count: 0), count: mask + 1)
  }

  deinit { slots.deallocate() }

  /// Counts a value that is not NaN; false, and nothing counted, where it would exceed the bound.
  @inline(__always)
  mutating func add(_ value: Double) -> Bool {
    // Minus zero equals zero and has other bits.
    let bits = (value + 0).bitPattern
    var at = Int(truncatingIfNeeded: StableHash.of(bits)) & mask
    while slots[at].count != 0 {
      if slots[at].bits == bits {
        slots[at].count &+= 1
        return true
      }
      at = (at &+ 1) & mask
    }
    if entries == bound { return false }
    slots[at] = Slot(bits: bits, count: 1)
    entries += 1
    if entries * 2 > mask { grow() }
    return true
  }

  private mutating func grow() {
    let old = slots
    let count = mask + 1
    mask = count * 2 - 1
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: Slot(bits: 0, count: 0), count: mask + 1)
    for index in 0..<count where old[index].count != 0 {
      var at = Int(truncatingIfNeeded: StableHash.of(old[index].bits)) & mask
      while slots[at].count != 0 { at = (at + 1) & mask }
      slots[at] = old[index]
    }
    old.deallocate()
  }

  /// The values with their counts, ascending.
  func sorted() -> [Weighted] {
    var all: [Weighted] = []
    all.reserveCapacity(entries)
    for at in 0...mask where slots[at].count != 0 {
      all.append(Weighted(value: Double(bitPattern: slots[at].bits), weight: slots[at].count))
    }
    return all.sorted { $0.value < $1.value }
  }
}

/// A value that stands for so many.
struct Weighted: Equatable {
  var value: Double
  var weight: UInt64
}

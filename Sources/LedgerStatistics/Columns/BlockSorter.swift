// SPDX-License-Identifier: Apache-2.0

/// Sorts blocks of doubles by their bits, in linear time (least significant digit first).
///
/// One is shared by all columns of a builder. NaN is not allowed.
struct BlockSorter: ~Copyable {
  private let keys: UnsafeMutablePointer<UInt64>
  private let others: UnsafeMutablePointer<UInt64>
  private let histogram: UnsafeMutablePointer<UInt32>
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    keys = .allocate(capacity: capacity)
    others = .allocate(capacity: capacity)
    keys.initialize(repeating: 0, count: capacity)
    others.initialize(repeating: 0, count: capacity)
    histogram = .allocate(capacity: 8 * 256)
    histogram.initialize(repeating: 0, count: 8 * 256)
  }

  deinit {
    keys.deallocate()
    others.deallocate()
    histogram.deallocate()
  }

  /// Sorts up to `capacity` values in place, ascending.
  mutating func sort(_ values: UnsafeMutableBufferPointer<Double>) {
    let count = values.count
    precondition(count <= capacity, "a block is no longer than the sorter was made for")
    guard count > 1 else { return }
    histogram.update(repeating: 0, count: 8 * 256)
    for at in 0..<count {
      let bits = values[at].bitPattern
      // Orders as the numbers do: negative ones are complemented, the others get the top bit.
      let sign = UInt64(bitPattern: Int64(bitPattern: bits) >> 63)
      let key = bits ^ (sign | 0x8000_0000_0000_0000)
      keys[at] = key
      for digit in 0..<8 { histogram[digit &* 256 &+ Int(key >> UInt64(digit &* 8) & 0xff)] &+= 1 }
    }
    var source = keys
    var target = others
    for digit in 0..<8 {
      let counts = histogram + digit * 256
      let shift = UInt64(digit * 8)
      // A digit that all share orders nothing.
      if Int(counts[Int(source[0] >> shift & 0xff)]) == count { continue }
      var total: UInt32 = 0
      for index in 0..<256 {
        let here = counts[index]
        counts[index] = total
        total &+= here
      }
      for at in 0..<count {
        let key = source[at]
        let index = Int(key >> shift & 0xff)
        target[Int(counts[index])] = key
        counts[index] &+= 1
      }
      swap(&source, &target)
    }
    for at in 0..<count {
      let key = source[at]
      let sign = UInt64(bitPattern: Int64(bitPattern: key) >> 63)
      values[at] = Double(bitPattern: key ^ (~sign | 0x8000_0000_0000_0000))
    }
  }
}

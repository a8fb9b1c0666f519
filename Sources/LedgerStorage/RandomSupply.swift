// SPDX-License-Identifier: Apache-2.0
import CLinux

/// A supply of random bytes from the kernel, fetched a page at a time.
///
/// A page is handed out once and never again: each call moves on.
struct RandomSupply: ~Copyable {
  private let page: UnsafeMutableRawBufferPointer
  private var used: Int

  init() {
    page = .allocate(byteCount: 4096, alignment: 16)
    used = 4096
  }

  deinit {
    page.initializeMemory(as: UInt8.self, repeating: 0)
    page.deallocate()
  }

  /// The next 64 bits.
  mutating func nextBits() throws(StorageError) -> UInt64 {
    if page.count - used < 8 { try refill() }
    defer { used += 8 }
    return page.loadUnaligned(fromByteOffset: used, as: UInt64.self)
  }

  private mutating func refill() throws(StorageError) {
    guard clinux_random(page.baseAddress, page.count) == 0 else {
      throw StorageError(.noRandomness, "drawing a salt")
    }
    used = 0
  }
}

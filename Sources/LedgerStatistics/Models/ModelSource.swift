// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The bytes of a model file, read at any offset; never the whole file at once.
struct ModelSource {
  private enum Store {
    case memory([UInt8])
    case descriptor(Int32)
  }

  private let store: Store
  /// How many bytes there are.
  let count: UInt64

  init(_ bytes: [UInt8]) {
    store = .memory(bytes)
    count = UInt64(bytes.count)
  }

  /// A descriptor of a regular file; its offset is neither used nor changed.
  init(descriptor: Int32) throws(ModelError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(errno: ESPIPE) }
    store = .descriptor(descriptor)
    count = UInt64(status.st_size)
  }

  /// The bytes from `offset` on, `length` of them or up to the end of the file.
  func read(at offset: UInt64, _ length: Int) throws(ModelError) -> [UInt8] {
    guard offset < count, length > 0 else { return [] }
    let wanted = Int(min(UInt64(length), count - offset))
    switch store {
    case .memory(let bytes): return Array(bytes[Int(offset)..<(Int(offset) + wanted)])
    case .descriptor(let descriptor):
      var done = 0
      var code: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, used in
        while done < wanted {
          let got = pread(
            descriptor, buffer.baseAddress! + done, wanted - done, off_t(offset) + done)
          if got < 0, errno == EINTR { continue }
          if got <= 0 {
            // A shorter file than before: somebody changes it.
            code = got < 0 ? errno : ENODATA
            break
          }
          done += got
        }
        used = done
      }
      if code != 0 { throw .unreadable(errno: code) }
      return bytes
    }
  }
}

/// Reads a range of a source forward through a window of at most 64 KiB.
struct ModelCursor {
  let format: ModelFormat
  private let source: ModelSource
  private(set) var offset: UInt64
  let end: UInt64
  private var window: [UInt8] = []
  private var windowStart: UInt64 = 0

  init(_ source: ModelSource, _ format: ModelFormat, _ range: Range<UInt64>? = nil) {
    self.source = source
    self.format = format
    offset = range?.lowerBound ?? 0
    end = min(range?.upperBound ?? source.count, source.count)
  }

  var isAtEnd: Bool { offset >= end }
  var left: UInt64 { end > offset ? end - offset : 0 }

  func malformed(_ reason: String) -> ModelError {
    .malformed(format, offset: offset, reason: reason)
  }

  mutating func byte() throws(ModelError) -> UInt8 {
    guard offset < end else { throw malformed("it ends too early") }
    if offset < windowStart || offset >= windowStart + UInt64(window.count) {
      window = try source.read(at: offset, Int(min(end - offset, 64 << 10)))
      windowStart = offset
      if window.isEmpty { throw malformed("it ends too early") }
    }
    let value = window[Int(offset - windowStart)]
    offset += 1
    return value
  }

  mutating func skip(_ count: UInt64) throws(ModelError) {
    guard count <= left else { throw malformed("a part reaches beyond its end") }
    offset += count
  }

  /// The next bytes; more than `limit` are refused as `what`.
  mutating func bytes(_ count: UInt64, limit: Int, _ what: String) throws(ModelError) -> [UInt8] {
    guard count <= left else { throw malformed("a part reaches beyond its end") }
    guard count <= UInt64(limit) else { throw .tooLarge(format, what: what, limit: UInt64(limit)) }
    let start = Int(truncatingIfNeeded: offset &- windowStart)
    if offset >= windowStart, start + Int(count) <= window.count {
      offset += count
      return Array(window[start..<(start + Int(count))])
    }
    let read = try source.read(at: offset, Int(count))
    offset += count
    return read
  }

  /// A number of `count` bytes, the lowest first.
  mutating func little(_ count: Int) throws(ModelError) -> UInt64 {
    var value: UInt64 = 0
    for at in 0..<count { value |= UInt64(try byte()) << UInt64(8 * at) }
    return value
  }
}

// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Inflates with zlib into a bounded buffer.
enum Inflate {
  /// What surrounds the deflated bytes.
  enum Wrapping {
    /// Nothing, as in zip archives.
    case raw
    /// The header of zlib or gzip, whichever is there.
    case zlibOrGzip

    fileprivate var windowBits: Int32 { self == .raw ? -15 : 15 + 32 }
  }

  /// What came of it.
  struct Result {
    var bytes: [UInt8]
    /// Whether the stream ended in what was given, and fitted.
    var isWhole: Bool
  }

  /// Inflates at most `limit` bytes; nil where the bytes are no such stream.
  static func inflate(_ input: [UInt8], _ wrapping: Wrapping, limit: Int) -> Result? {
    var stream = z_stream()
    guard
      inflateInit2_(
        &stream, wrapping.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    var status = Z_OK
    var source = input
    source.withUnsafeMutableBufferPointer { bytes in
      stream.next_in = bytes.baseAddress
      stream.avail_in = UInt32(clamping: bytes.count)
      while status == Z_OK, output.count <= limit {
        let made = piece.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          status = CZlib.inflate(&stream, Z_NO_FLUSH)
          return target.count - Int(stream.avail_out)
        }
        output += piece[..<made]
        // The input ran out before the stream did.
        if made == 0, stream.avail_in == 0 { break }
      }
    }
    guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { return nil }
    let fits = output.count <= limit
    return Result(
      bytes: fits ? output : Array(output[..<limit]), isWhole: fits && status == Z_STREAM_END)
  }

  /// The checksum of zip archives.
  static func crc(_ bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(clamping: bytes.count)))
  }
}

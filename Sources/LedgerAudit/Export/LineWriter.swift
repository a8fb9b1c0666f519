// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading

/// Gathers lines of JSON and hands them on, some hundred at a time.
struct LineWriter {
  private static let bytes = 1 << 18

  private var waiting: [UInt8] = []
  private let write: ([UInt8]) throws -> Void
  /// How many lines there were.
  private(set) var count: UInt64 = 0

  init(_ write: @escaping ([UInt8]) throws -> Void) { self.write = write }

  /// A value in canonical form, and a line feed.
  mutating func line(_ value: JSONValue) throws {
    waiting += try CanonicalJSON.encode(value)
    waiting.append(0x0A)
    count += 1
    if waiting.count >= LineWriter.bytes { try flush() }
  }

  /// Bytes as they are.
  mutating func append(_ bytes: [UInt8]) throws {
    waiting += bytes
    if waiting.count >= LineWriter.bytes { try flush() }
  }

  /// Hands on what waits.
  mutating func flush() throws {
    if waiting.isEmpty { return }
    try write(waiting)
    waiting.removeAll(keepingCapacity: true)
  }
}

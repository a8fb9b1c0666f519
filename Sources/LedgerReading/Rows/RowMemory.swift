// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain

/// What the rows of a scan say over and over: who acted, on which machine, in which project.
///
/// A field's bytes tell where it ends, so the same bytes are the same value: a row that repeats
/// them is spared the reading, and the room on the heap that a long word takes.
struct RowMemory {
  var actor = Last<Actor>()
  var project = Last<Name>()
  var machine = Last<Text>()
  var boot = Last<Text>()
  var tool = Last<Text>()

  /// A field's last value, and the bytes that it was read from.
  ///
  /// The bytes are those of an earlier row of the scan, in the file's map: as valid as the row that
  /// is read now.
  struct Last<Value> {
    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private var value: Optional<Value>

    init() { value = nil }

    init(_ value: Value, _ bytes: UnsafeRawBufferPointer) {
      self.bytes = bytes
      self.value = value
    }

    /// How many bytes it was.
    var count: Int { bytes.count }

    /// The value, if its bytes come next.
    @inline(__always)
    func value(atStartOf rest: UnsafeRawBufferPointer) -> Value? {
      guard let start = bytes.baseAddress, let row = rest.baseAddress, bytes.count <= rest.count,
        memcmp(start, row, bytes.count) == 0
      else { return nil }
      return value
    }
  }
}

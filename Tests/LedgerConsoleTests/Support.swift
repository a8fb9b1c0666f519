// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerConsole

/// An output whose bytes can be read back.
final class Capture {
  let output: Output
  private let descriptor: Int32

  init() {
    var path = Array("/tmp/jobledger-console-XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    unlink(path)
    output = Output(descriptor: descriptor)
  }

  deinit { close(descriptor) }

  var bytes: [UInt8] {
    try? output.flush()
    let size = lseek(descriptor, 0, SEEK_END)
    var bytes = [UInt8](repeating: 0, count: Int(size))
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return Array(bytes.prefix(max(0, count)))
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Synchronization

/// An open descriptor that is closed once: by `close`, or with the last reference.
final class SharedDescriptor: Sendable {
  private let value: Mutex<Int32>

  init(_ number: Int32) { value = Mutex(number) }

  deinit { close() }

  /// Its number, -1 once closed or taken.
  var number: Int32 { value.withLock { $0 } }

  func close() {
    let number = take()
    if number >= 0 { Glibc.close(number) }
  }

  /// Hands the number over to a caller who closes it.
  func take() -> Int32 {
    value.withLock { number in
      defer { number = -1 }
      return number
    }
  }
}

/// A pipe whose ends are close-on-exec.
struct Pipe: Sendable {
  let reader: SharedDescriptor
  let writer: SharedDescriptor

  init() throws(CommandError) {
    var ends: [Int32] = [-1, -1]
    guard clinux_pipe(&ends) == 0 else {
      throw .system(SystemFailure(operation: "make a pipe", code: errno))
    }
    reader = SharedDescriptor(ends[0])
    writer = SharedDescriptor(ends[1])
  }
}

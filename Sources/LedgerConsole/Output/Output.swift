// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Why nothing more can be written to a stream.
public enum OutputError: Error, Equatable, Sendable {
  /// The reader went away, as `head` does when it has enough: end quietly.
  case closed
  /// The system refused, with this error number: a full disk, for example.
  case failed(Int32)
}

/// A stream of bytes for people or programs, buffered. Any thread may write; calls are whole.
public final class Output: Sendable {
  private struct State {
    var descriptor: Int32
    var buffer: [UInt8] = []
    var failure: OutputError?
  }

  /// How much is kept before it is written.
  private static let capacity = 1 << 16

  private let state: Mutex<State>

  /// Writes to an open descriptor, which stays the caller's.
  public init(descriptor: Int32) {
    state = Mutex(State(descriptor: descriptor))
  }

  /// Standard output and standard error. SIGPIPE is ignored from here on, so that a reader's
  /// leaving is an error of a write and not the end of the process.
  public static func standard() -> (out: Output, error: Output) {
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow is an error of the write, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    return (Output(descriptor: STDOUT_FILENO), Output(descriptor: STDERR_FILENO))
  }

  /// Sends what comes next to another descriptor; what is buffered goes to the old one.
  public func redirect(to descriptor: Int32) throws(OutputError) {
    try state.withLock { (state) throws(OutputError) in
      try Output.flush(&state)
      state.descriptor = descriptor
    }
  }

  /// Writes bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    try state.withLock { (state) throws(OutputError) in
      if let failure = state.failure { throw failure }
      if state.buffer.capacity == 0 { state.buffer.reserveCapacity(2 * Output.capacity) }
      state.buffer.append(contentsOf: bytes)
      if state.buffer.count >= Output.capacity { try Output.flush(&state) }
    }
  }

  /// Writes bytes.
  public func write(_ bytes: [UInt8]) throws(OutputError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(OutputError) in
      try write(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Writes the UTF-8 bytes of text.
  public func write(_ text: String) throws(OutputError) {
    try write(Array(text.utf8))
  }

  /// Writes text and a line feed.
  public func line(_ text: String = "") throws(OutputError) {
    try write(Array(text.utf8) + [0x0A])
  }

  /// Writes what is buffered. After a failure, throws it again.
  public func flush() throws(OutputError) {
    try state.withLock { (state) throws(OutputError) in try Output.flush(&state) }
  }

  private static func flush(_ state: inout State) throws(OutputError) {
    if let failure = state.failure { throw failure }
    var done = 0
    while done < state.buffer.count {
      let count = state.buffer.withUnsafeBytes {
        Glibc.write(state.descriptor, $0.baseAddress! + done, $0.count - done)
      }
      if count >= 0 {
        done += count
        continue
      }
      let error = errno
      switch error {
      case EINTR: continue
      case EAGAIN:
        // Somebody else made the terminal or pipe non-blocking.
        var waiting = pollfd(fd: state.descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, -1)
      default:
        let failure: OutputError = error == EPIPE ? .closed : .failed(error)
        state.failure = failure
        state.buffer = []
        throw failure
      }
    }
    state.buffer.removeAll(keepingCapacity: true)
  }
}

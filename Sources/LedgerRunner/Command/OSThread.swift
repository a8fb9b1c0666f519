// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A plain thread for work that blocks in system calls or that the kernel ties to one thread.
enum OSThread {
  /// Starts a detached thread with all signals blocked; `name` shows in process listings.
  ///
  /// Cost: one thread with a 512 KiB stack. Errors: errno when no thread can be made.
  static func start(
    _ name: StaticString, _ body: @escaping @Sendable () -> Void
  ) throws(SystemFailure) {
    final class Start {
      let name: StaticString
      let body: @Sendable () -> Void
      init(_ name: StaticString, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
      }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 * 1024)
    let start = Unmanaged.passRetained(Start(name, body))
    var thread = pthread_t()
    let error = pthread_create(
      &thread, &attributes,
      { argument in
        let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        clinux_leave_signals()
        start.name.withUTF8Buffer { bytes in
          bytes.withMemoryRebound(to: CChar.self) { clinux_name_thread($0.baseAddress) }
        }
        start.body()
        return nil
      }, start.toOpaque())
    if error != 0 {
      start.release()
      throw SystemFailure(operation: "start a thread", code: error)
    }
  }
}

/// A failed system call: what was attempted, and errno.
public struct SystemFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was attempted, as words that complete "could not …".
  public var operation: String
  /// The errno value.
  public var code: Int32

  /// Names an operation and its errno value.
  public init(operation: String, code: Int32) {
    self.operation = operation
    self.code = code
  }

  /// One sentence for people; carries no file contents.
  public var description: String { "could not \(operation): \(Self.words(for: code))" }

  /// The C library's words for an errno value.
  public static func words(for code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(
      decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// What runner and guard say to each other over one socket: both are the same binary, so the
/// form may change with any version. The end of the stream means that the other side is gone.
enum GuardProtocol {
  /// The hidden first argument that makes a binary a guard.
  static let argument = "__guard"
  /// The socket's number in the guard.
  static let socket: Int32 = 3
  /// The largest request, above what execve(2) takes.
  static let requestLimit = 16 * 1024 * 1024

  /// The command to run, as execve(2) takes it.
  struct Request: Equatable {
    var folder: [UInt8]
    var arguments: [[UInt8]]
    var environment: [[UInt8]]
    var leftovers: Leftovers
    var patience: Duration

    /// A length, then counted strings; all numbers 4 bytes, little-endian.
    func encoded() -> [UInt8] {
      var body: [UInt8] = []
      func add(_ number: Int) {
        withUnsafeBytes(of: UInt32(number).littleEndian) { body.append(contentsOf: $0) }
      }
      func add(_ bytes: [UInt8]) {
        add(bytes.count)
        body.append(contentsOf: bytes)
      }
      add(leftovers == .end ? 1 : 0)
      add(Int(patience.milliseconds))
      add(folder)
      for list in [arguments, environment] {
        add(list.count)
        for bytes in list { add(bytes) }
      }
      return withUnsafeBytes(of: UInt32(body.count).littleEndian) { Array($0) } + body
    }

    init(
      folder: [UInt8], arguments: [[UInt8]], environment: [[UInt8]], leftovers: Leftovers,
      patience: Duration
    ) {
      self.folder = folder
      self.arguments = arguments
      self.environment = environment
      self.leftovers = leftovers
      self.patience = patience
    }

    /// Decodes what follows the length; nil when it is not whole.
    init?(body: [UInt8]) {
      var rest = body[...]
      func number() -> Int? {
        guard rest.count >= 4 else { return nil }
        let value = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        return value
      }
      func bytes() -> [UInt8]? {
        guard let count = number(), rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
      }
      func list() -> [[UInt8]]? {
        guard let count = number(), count <= rest.count else { return nil }
        var items: [[UInt8]] = []
        for _ in 0..<count {
          guard let item = bytes() else { return nil }
          items.append(item)
        }
        return items
      }
      guard let leftovers = number(), let patience = number(), let folder = bytes(),
        let arguments = list(), let environment = list(), rest.isEmpty
      else { return nil }
      self.init(
        folder: folder, arguments: arguments, environment: environment,
        leftovers: leftovers == 1 ? .end : .release, patience: .milliseconds(patience))
    }
  }

  /// What the guard reports; each is one message of eight numbers.
  enum Report: Equatable {
    /// The command runs.
    case started(pid: Int32, startTicks: UInt64)
    /// The command could not be started; nothing runs, and the guard ends.
    case failed(stage: Stage, code: Int32)
    /// The command itself ended; `nanoseconds` since it was started.
    case ended(exit: Int32, signal: Int32, nanoseconds: Int64)
    /// What it had started is dealt with as asked; the guard ends.
    case settled(heldPipe: Int, killed: Int, left: Int)

    static let size = 64

    func encoded() -> [UInt8] {
      let numbers: [Int64]
      switch self {
      case .started(let pid, let ticks): numbers = [1, Int64(pid), Int64(bitPattern: ticks)]
      case .failed(let stage, let code): numbers = [2, stage.rawValue, Int64(code)]
      case .ended(let exit, let signal, let time): numbers = [3, Int64(exit), Int64(signal), time]
      case .settled(let held, let killed, let left):
        numbers = [4, Int64(held), Int64(killed), Int64(left)]
      }
      var bytes = numbers.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
      bytes.append(contentsOf: repeatElement(0, count: Self.size - bytes.count))
      return bytes
    }

    init?(_ bytes: [UInt8]) {
      guard bytes.count == Self.size else { return nil }
      let numbers = bytes.withUnsafeBytes { raw in
        (0..<8).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self) }
      }
      switch numbers[0] {
      case 1:
        self = .started(
          pid: Int32(truncatingIfNeeded: numbers[1]), startTicks: UInt64(bitPattern: numbers[2]))
      case 2:
        guard let stage = Stage(rawValue: numbers[1]) else { return nil }
        self = .failed(stage: stage, code: Int32(truncatingIfNeeded: numbers[2]))
      case 3:
        self = .ended(
          exit: Int32(truncatingIfNeeded: numbers[1]),
          signal: Int32(truncatingIfNeeded: numbers[2]), nanoseconds: numbers[3])
      case 4:
        self = .settled(heldPipe: Int(numbers[1]), killed: Int(numbers[2]), left: Int(numbers[3]))
      default: return nil
      }
    }
  }

  /// Where starting a command failed.
  enum Stage: Int64 {
    case request = 1
    case guardSetup, folder, notFound, notExecutable, interpreter, tooLong, fork
  }

  /// The one thing that the runner may ask after the request, 8 bytes: that the group be asked
  /// to end, and every descendant be ended after `grace`. Asked again, the earlier end counts.
  struct StopOrder: Equatable {
    var grace: Duration

    static let size = 8

    init(grace: Duration) { self.grace = grace }

    init?(_ bytes: [UInt8]) {
      guard bytes.count == Self.size else { return nil }
      let milliseconds = bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
      guard milliseconds >= 0 else { return nil }
      grace = .milliseconds(milliseconds)
    }

    func encoded() -> [UInt8] { withUnsafeBytes(of: grace.milliseconds) { Array($0) } }
  }
}

/// What becomes of processes that a command left behind when it ended by itself.
public enum Leftovers: Sendable {
  /// All are ended: nothing that a job started outlives it.
  case end
  /// Those that hold the job's output are ended; others live on, as a hook that starts a service
  /// may want. A stop or the runner's death still ends all.
  case release
}

extension Duration {
  /// Whole milliseconds, rounded up, never below zero.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, over) = seconds.multipliedReportingOverflow(by: 1000)
    return over ? .max / 2 : product + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
  }
}

/// Whole messages over a stream socket.
enum Channel {
  /// Sends everything; false when the other side is gone. Never raises SIGPIPE.
  static func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      sent += count
    }
    return true
  }

  /// Receives exactly `count` bytes; nil when the stream ends before.
  static func receive(_ count: Int, from socket: Int32) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes {
        recv(socket, $0.baseAddress! + filled, count - filled, 0)
      }
      if got < 0 {
        if errno == EINTR { continue }
        return nil
      }
      if got == 0 { return nil }
      filled += got
    }
    return bytes
  }
}

// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerDomain

/// Reads a command's two streams on a thread of its own and hands out what they said in batches.
///
/// Memory is bounded whatever the command writes: when the batches are not taken, the pipes are
/// not read, and the command waits in write(2). One thread may take the batches.
public final class Capture: Sendable {
  /// What may be chosen about a capture.
  public struct Options: Sendable {
    /// Keep every carriage-return line, so that the original bytes can be re-created.
    public var allProgress: Bool
    /// Values to be written as `***` wherever they appear within a line.
    public var secrets: [[UInt8]]
    /// Where the original bytes of standard output are copied as they come, or nil. Not closed.
    public var stdoutTee: Int32?
    /// The same for standard error.
    public var stderrTee: Int32?
    /// The most lines of a batch.
    public var batchLines: Int
    /// The most bytes that wait to be taken, not counting 64 KiB per read.
    public var waitingBytes: Int

    /// The standard choices.
    public init(
      allProgress: Bool = false, secrets: [[UInt8]] = [], stdoutTee: Int32? = nil,
      stderrTee: Int32? = nil, batchLines: Int = 1000, waitingBytes: Int = 1024 * 1024
    ) {
      self.allProgress = allProgress
      self.secrets = secrets
      self.stdoutTee = stdoutTee
      self.stderrTee = stderrTee
      self.batchLines = batchLines
      self.waitingBytes = waitingBytes
    }
  }

  /// What `next(within:)` found.
  public enum Next: Sendable {
    /// Something was read.
    case batch(CapturedBatch)
    /// Nothing yet; the streams are open.
    case nothingYet
    /// Both streams ended and everything was handed out.
    case ended
  }

  /// The clocks of a capture; injected, so that tests decide what time it is.
  struct Clock: Sendable {
    var now: @Sendable () -> CaptureMoment

    static let system = Clock {
      var steady = timespec()
      var day = timespec()
      clock_gettime(CLOCK_BOOTTIME, &steady)
      clock_gettime(CLOCK_REALTIME, &day)
      return CaptureMoment(
        nanoseconds: Int64(steady.tv_sec) * 1_000_000_000 + Int64(steady.tv_nsec),
        time: Timestamp(
          microseconds: Int64(day.tv_sec) * 1_000_000 + Int64(day.tv_nsec) / 1000))
    }
  }

  fileprivate struct Queue: Sendable {
    var batches: [CapturedBatch] = []
    var bytes = 0
    var lines = 0
    var ended = false
    var discarding = false
  }

  private let queue: Monitor<Queue>
  private let control: CaptureControl

  /// Starts reading two pipes, which the capture closes when they have ended.
  ///
  /// Errors: `SystemFailure`; then the descriptors are closed.
  static func start(
    stdout: Int32, stderr: Int32, options: Options, clock: Clock = .system
  ) throws -> Capture {
    let out = SharedDescriptor(stdout)
    let err = SharedDescriptor(stderr)
    let wake = SharedDescriptor(clinux_eventfd())
    guard wake.number >= 0 else {
      throw SystemFailure(operation: "make an event counter", code: errno)
    }
    for pipe in [out, err] {
      // A larger pipe spares the command some waiting; the standard size does as well.
      _ = clinux_set_pipe_size(pipe.number, 256 * 1024)
      guard clinux_set_nonblocking(pipe.number) == 0 else {
        throw SystemFailure(operation: "prepare a pipe for reading", code: errno)
      }
    }
    let queue = Monitor(Queue())
    let control = CaptureControl(wake: wake)
    try OSThread.start("capture") {
      var reader = CaptureReader(
        out: out, err: err, options: options, clock: clock, queue: queue, control: control)
      reader.run()
    }
    return Capture(queue: queue, control: control)
  }

  private init(queue: Monitor<Queue>, control: CaptureControl) {
    self.queue = queue
    self.control = control
  }

  /// Waits for something to have been read and takes it: what is there now, up to a full batch.
  /// Nil when both streams have ended and everything was taken.
  public func nextBatch() -> CapturedBatch? {
    queue.wait { (state: inout Queue) -> CapturedBatch?? in
      if !state.batches.isEmpty { return .some(state.takeFirst()) }
      return state.ended ? .some(nil) : nil
    }
  }

  /// As `nextBatch()`, giving up after `limit`, so that the taker can look after other things.
  public func next(within limit: Duration) -> Next {
    let found: Next? = queue.wait(atMost: limit) { (state: inout Queue) -> Next? in
      if !state.batches.isEmpty { return .batch(state.takeFirst()) }
      return state.ended ? .ended : nil
    }
    return found ?? .nothingYet
  }

  /// Ends the capture once nothing more can be read at once: for when the command is dealt with,
  /// but somebody who cannot be ended still holds its output.
  public func endWhenDrained() { control.drain() }

  /// Reads on but keeps nothing from here, so that the command is not held up: for when nobody can
  /// take batches any more.
  public func discardRest() {
    queue.update { state in
      state.discarding = true
      state.batches = []
      state.bytes = 0
      state.lines = 0
    }
  }
}

extension Capture.Queue {
  fileprivate mutating func takeFirst() -> CapturedBatch {
    let batch = batches.removeFirst()
    bytes -= batch.bytes.count
    lines -= batch.lines.count
    return batch
  }

  /// Adds records to the last batch as far as they fit, then to new ones.
  fileprivate mutating func add(_ more: inout CapturedBatch, _ options: Capture.Options) {
    if discarding {
      more.removeAll()
      return
    }
    bytes += more.bytes.count
    lines += more.lines.count
    let size = 256 * 1024
    while !more.isEmpty {
      if let last = batches.last, last.lines.count < options.batchLines, last.bytes.count < size {
        batches[batches.count - 1].absorb(&more, lines: options.batchLines, size: size)
      } else {
        var batch = CapturedBatch()
        batch.absorb(&more, lines: options.batchLines, size: size)
        batches.append(batch)
      }
    }
  }

  fileprivate func hasRoom(_ options: Capture.Options) -> Bool {
    discarding || (bytes < options.waitingBytes && lines < 8 * options.batchLines)
  }
}

/// How others reach the reading thread while it waits in poll(2).
private final class CaptureControl: Sendable {
  let wake: SharedDescriptor
  private let draining = Monitor(false)

  init(wake: SharedDescriptor) { self.wake = wake }

  func drain() {
    draining.update { $0 = true }
    var one: UInt64 = 1
    _ = write(wake.number, &one, 8)
  }

  var isDraining: Bool { draining.read { $0 } }
}

/// The reading thread's own state.
private struct CaptureReader: ~Copyable {
  private let out: SharedDescriptor
  private let err: SharedDescriptor
  private let options: Capture.Options
  private let clock: Capture.Clock
  private let queue: Monitor<Capture.Queue>
  private let control: CaptureControl
  private var core: CaptureCore
  private var stdoutTee: Int32?
  private var stderrTee: Int32?

  init(
    out: SharedDescriptor, err: SharedDescriptor, options: Capture.Options, clock: Capture.Clock,
    queue: Monitor<Capture.Queue>, control: CaptureControl
  ) {
    self.out = out
    self.err = err
    self.options = options
    self.clock = clock
    self.queue = queue
    self.control = control
    core = CaptureCore(allProgress: options.allProgress, secrets: options.secrets)
    stdoutTee = options.stdoutTee
    stderrTee = options.stderrTee
  }

  mutating func run() {
    while out.number >= 0 || err.number >= 0 {
      let events = wait()
      // Taken before reading: whatever was written before the request is then read.
      let draining = control.isDraining
      if events.out { read(.stdout, out, draining) }
      if events.err { read(.stderr, err, draining) }
      core.tick(at: clock.now())
      hand()
    }
    core.finish(at: clock.now())
    hand()
    queue.update { $0.ended = true }
  }

  /// Waits for either stream, a deadline or a request, but first for room in the queue.
  private mutating func wait() -> (out: Bool, err: Bool) {
    let options = options
    queue.wait { $0.hasRoom(options) ? () : nil }
    var timeout: Int32 = -1
    if let deadline = core.deadline {
      timeout = Int32(clamping: max(0, (deadline - clock.now().nanoseconds + 999_999) / 1_000_000))
    }
    var events = [
      pollfd(fd: out.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: err.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: control.wake.number, events: Int16(POLLIN), revents: 0),
    ]
    poll(&events, 3, timeout)
    if events[2].revents != 0 { return (true, true) }
    return (events[0].revents != 0, events[1].revents != 0)
  }

  /// Reads once; the end of the stream, an error or (when draining) nothing to read closes it.
  private mutating func read(_ stream: LogStream, _ pipe: SharedDescriptor, _ draining: Bool) {
    guard pipe.number >= 0 else { return }
    let room = core.space(stream)
    let count = Glibc.read(pipe.number, room.baseAddress, room.count)
    if count < 0, errno == EINTR { return }
    if count < 0, errno == EAGAIN, !draining { return }
    if count > 0 {
      tee(stream, UnsafeRawBufferPointer(rebasing: room[..<count]))
      if !queue.read({ $0.discarding }) { core.advance(stream, count, at: clock.now()) }
    } else {
      pipe.close()
      core.finish(stream, at: clock.now())
    }
  }

  /// Copies the original bytes; a receiver that is gone is forgotten.
  private mutating func tee(_ stream: LogStream, _ bytes: UnsafeRawBufferPointer) {
    guard let receiver = stream == .stdout ? stdoutTee : stderrTee else { return }
    var sent = 0
    while sent < bytes.count {
      let count = write(receiver, bytes.baseAddress! + sent, bytes.count - sent)
      if count >= 0 {
        sent += count
        continue
      }
      if errno == EINTR { continue }
      if errno == EAGAIN {
        var event = pollfd(fd: receiver, events: Int16(POLLOUT), revents: 0)
        poll(&event, 1, -1)
        continue
      }
      // All signals are blocked in this thread, so a closed pipe is EPIPE and no SIGPIPE.
      if stream == .stdout { stdoutTee = nil } else { stderrTee = nil }
      return
    }
  }

  private mutating func hand() {
    guard !core.batch.isEmpty else { return }
    let options = options
    var batch = CapturedBatch()
    swap(&batch, &core.batch)
    queue.update { $0.add(&batch, options) }
    swap(&batch, &core.batch)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Work on two threads: a helper makes batches, the caller uses them in order.
///
/// At most a few batches wait, so memory is bounded by the size of a batch.
enum Pipeline {
  /// How many batches may wait or be in the making.
  static let depth = 4

  /// Runs `produce` on a thread of its own and `consume` here, batch by batch.
  ///
  /// `produce` hands over batches until `emit` answers no, which it does once `consume` has
  /// thrown. What either throws is thrown here, `consume`'s first; the helper has ended by then.
  static func run<Batch: Sendable>(
    produce: @escaping @Sendable (_ emit: (Batch) -> Bool) throws -> Void,
    consume: (Batch) throws -> Void
  ) throws {
    let channel = Channel<Batch>()
    let thread = try start {
      do {
        try produce { channel.put($0) }
        channel.end(nil)
      } catch {
        channel.end(error)
      }
    }
    defer { pthread_join(thread, nil) }
    do {
      while let batch = try channel.take() { try consume(batch) }
    } catch {
      channel.stop()
      throw error
    }
  }

  /// Makes the batches 0…count−1 on two threads, the caller's and a helper's, and runs `consume`
  /// here on each of them in order. Whoever is free makes the next one.
  ///
  /// What the earliest batch throws that throws, or `consume`, is thrown here.
  static func inOrder<Batch: Sendable>(
    _ count: Int, make: @escaping @Sendable (Int) throws -> Batch,
    consume: (Batch) throws -> Void
  ) throws {
    guard count > 1 else {
      if count == 1 { try consume(try make(0)) }
      return
    }
    let bench = Workbench<Batch>(count)
    let thread = try start {
      while let index = bench.claim(waiting: true) {
        bench.put(index, Result { try make(index) })
      }
    }
    defer { pthread_join(thread, nil) }
    // However this ends, the helper finds nothing more to do.
    defer { bench.stop() }
    for index in 0..<count {
      while true {
        if let batch = bench.take(index, waiting: false) {
          try consume(try batch.get())
          break
        }
        if let next = bench.claim(waiting: false) {
          bench.put(next, Result { try make(next) })
        } else if let batch = bench.take(index, waiting: true) {
          try consume(try batch.get())
          break
        }
      }
    }
  }

  /// Runs `other` on a thread of its own while `body` runs here, until both have ended.
  ///
  /// What `body` throws is thrown here, else what `other` threw. Nil, and nothing was run, where the
  /// system gives no thread.
  static func beside<R: Sendable, E: Error>(
    _ other: @escaping @Sendable () throws(E) -> R, _ body: () throws(E) -> Void
  ) throws(E) -> R? {
    let outcome = Outcome<R, E>()
    guard let thread = try? start({ outcome.keep(other) }) else { return nil }
    do throws(E) {
      try body()
    } catch {
      pthread_join(thread, nil)
      throw error
    }
    pthread_join(thread, nil)
    return try outcome.result?.get()
  }

  private static func start(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadWork(body))
    let status = pthread_create(
      &thread, nil,
      { argument in
        let work = Unmanaged<ThreadWork>.fromOpaque(argument!).takeRetainedValue()
        clinux_leave_signals()
        clinux_name_thread("jobledger-read")
        work.body()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw PipelineFailure(systemError: status)
    }
    return thread
  }
}

/// The system gave no thread.
struct PipelineFailure: Error, Equatable {
  var systemError: Int32
}

private final class ThreadWork {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// What a thread leaves behind.
///
/// `@unchecked`: it is written before the thread ends, and read after that.
private final class Outcome<R: Sendable, E: Error>: @unchecked Sendable {
  private(set) var result: Result<R, E>?

  func keep(_ body: () throws(E) -> R) {
    do throws(E) { result = .success(try body()) } catch { result = .failure(error) }
  }
}

/// A mutex and a condition for two threads.
///
/// `@unchecked`: what the constant pointers lead to is made for several threads.
private final class Signal: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    precondition(
      pthread_mutex_init(mutex, nil) == 0 && pthread_cond_init(condition, nil) == 0,
      "a mutex and a condition need nothing but memory")
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` while no other thread is in here.
  func alone<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Waits for the other thread; only from within ``alone(_:)``.
  func wait() { pthread_cond_wait(condition, mutex) }
  /// Wakes the other thread.
  func wake() { pthread_cond_broadcast(condition) }
}

/// A queue between two threads with room for a few batches.
///
/// `@unchecked`: every variable is touched under the signal's mutex alone.
private final class Channel<Batch: Sendable>: @unchecked Sendable {
  private let signal = Signal()
  private var waiting: [Batch] = []
  private var isStopped = false
  private var isEnded = false
  private var failure: (any Error)?

  /// Waits for room and leaves a batch; false when nobody wants more.
  func put(_ batch: Batch) -> Bool {
    signal.alone {
      while waiting.count >= Pipeline.depth, !isStopped { signal.wait() }
      if isStopped { return false }
      waiting.append(batch)
      signal.wake()
      return true
    }
  }

  func end(_ error: (any Error)?) {
    signal.alone {
      isEnded = true
      failure = error
      signal.wake()
    }
  }

  /// Waits for a batch; nil after the last one. Throws what ended the making of them.
  func take() throws -> Batch? {
    try signal.alone {
      while waiting.isEmpty, !isEnded { signal.wait() }
      if waiting.isEmpty {
        if let failure { throw failure }
        return nil
      }
      signal.wake()
      return waiting.removeFirst()
    }
  }

  func stop() {
    signal.alone {
      isStopped = true
      waiting = []
      signal.wake()
    }
  }
}

/// Numbered batches in the making by two threads.
///
/// `@unchecked`: every variable is touched under the signal's mutex alone.
private final class Workbench<Batch: Sendable>: @unchecked Sendable {
  private let signal = Signal()
  private let count: Int
  /// The first that nobody has begun.
  private var next = 0
  /// The first that was not taken.
  private var first = 0
  private var ready: [Int: Result<Batch, any Error>] = [:]
  private var isStopped = false

  init(_ count: Int) { self.count = count }

  /// The number of a batch to make now; nil when there is none left, or too many wait and the
  /// caller does not.
  func claim(waiting: Bool) -> Int? {
    signal.alone {
      while waiting, next < count, next - first >= Pipeline.depth, !isStopped { signal.wait() }
      guard !isStopped, next < count, next - first < Pipeline.depth else { return nil }
      next += 1
      return next - 1
    }
  }

  func put(_ index: Int, _ batch: Result<Batch, any Error>) {
    signal.alone {
      ready[index] = batch
      signal.wake()
    }
  }

  /// Takes a batch when it is ready; else waits, or answers nil.
  func take(_ index: Int, waiting: Bool) -> Result<Batch, any Error>? {
    signal.alone {
      while waiting, ready[index] == nil { signal.wait() }
      guard let batch = ready.removeValue(forKey: index) else { return nil }
      first = index + 1
      signal.wake()
      return batch
    }
  }

  func stop() {
    signal.alone {
      isStopped = true
      signal.wake()
    }
  }
}

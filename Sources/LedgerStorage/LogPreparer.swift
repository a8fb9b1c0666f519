// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Prepares the lines of large batches on a second thread, while the writer stores those that are
/// ready; whoever is free takes the next chunk.
///
/// The order of storing is that of the lines. Small batches start no thread.
final class LogPreparer: @unchecked Sendable {
  // `@unchecked`: `mutex` protects all members below it. A chunk's contents belong to whoever
  // claimed it, and to the writer once it is ready.

  /// Lines in a chunk: enough to hide the hand-over, few enough to share the work.
  static let chunkLines = 64
  /// How many chunks may be ready or in the making.
  private static let ring = 8

  private enum ChunkState {
    case free, claimed, ready
    case failed(StorageError)
  }

  private final class Chunk {
    var lines = PreparedLines()
    var state = ChunkState.free
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var task: PreparedLines.Task?
  private var chunkCount = 0
  private var nextChunk = 0
  private var storedChunks = 0
  private let chunks: [Chunk]
  private var hasWorker = false
  private var isEnding = false

  init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    pthread_cond_init(condition, nil)
    chunks = (0..<LogPreparer.ring).map { _ in Chunk() }
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Ends the second thread; what it prepares is finished first.
  func end() {
    pthread_mutex_lock(mutex)
    isEnding = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Prepares all lines of a task and hands them to `store`, chunk by chunk, in order.
  ///
  /// Called by one writer at a time. On an error nothing more is stored.
  func run(
    _ work: PreparedLines.Task, random: inout RandomSupply,
    store: (Int, borrowing PreparedLines) throws(StorageError) -> Void
  ) throws(StorageError) {
    var own = work
    let total = work.batch.lines.count
    if total <= LogPreparer.chunkLines {
      // No task is set, so the second thread touches no chunk.
      try chunks[0].lines.prepare(0..<total, of: &own, random: &random)
      return try store(0, chunks[0].lines)
    }
    begin(work, chunks: (total + LogPreparer.chunkLines - 1) / LogPreparer.chunkLines)
    defer { finish() }
    for index in 0..<chunkCount {
      let chunk = chunks[index % LogPreparer.ring]
      try obtain(index, &own, random: &random)
      try store(index * LogPreparer.chunkLines, chunk.lines)
      pthread_mutex_lock(mutex)
      chunk.state = .free
      storedChunks = index + 1
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
  }

  private func begin(_ work: PreparedLines.Task, chunks count: Int) {
    pthread_mutex_lock(mutex)
    task = work
    chunkCount = count
    nextChunk = 0
    storedChunks = 0
    for chunk in chunks { chunk.state = .free }
    if count > 1 {
      if !hasWorker { startWorker() }
      pthread_cond_broadcast(condition)
    }
    pthread_mutex_unlock(mutex)
  }

  private func finish() {
    pthread_mutex_lock(mutex)
    task = nil
    nextChunk = chunkCount
    while chunks.contains(where: { if case .claimed = $0.state { true } else { false } }) {
      pthread_cond_wait(condition, mutex)
    }
    pthread_mutex_unlock(mutex)
  }

  /// Waits until a chunk is ready, preparing whichever is next meanwhile.
  private func obtain(
    _ index: Int, _ own: inout PreparedLines.Task, random: inout RandomSupply
  ) throws(StorageError) {
    let chunk = chunks[index % LogPreparer.ring]
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if nextChunk > index {
        switch chunk.state {
        case .ready: return
        case .failed(let error): throw error
        case .free, .claimed: break
        }
      }
      if let claimed = claim() {
        prepare(claimed, &own, random: &random)
      } else {
        pthread_cond_wait(condition, mutex)
      }
    }
  }

  /// The next chunk that may be prepared. The mutex is held.
  private func claim() -> Int? {
    guard nextChunk < chunkCount, nextChunk < storedChunks + LogPreparer.ring else { return nil }
    let index = nextChunk
    nextChunk += 1
    chunks[index % LogPreparer.ring].state = .claimed
    return index
  }

  /// Prepares a claimed chunk. The mutex is held before and after, not meanwhile.
  private func prepare(
    _ index: Int, _ task: inout PreparedLines.Task, random: inout RandomSupply
  ) {
    let chunk = chunks[index % LogPreparer.ring]
    pthread_mutex_unlock(mutex)
    let start = index * LogPreparer.chunkLines
    let end = min(start + LogPreparer.chunkLines, task.batch.lines.count)
    var failure: StorageError?
    do throws(StorageError) {
      try chunk.lines.prepare(start..<end, of: &task, random: &random)
    } catch {
      failure = error
    }
    pthread_mutex_lock(mutex)
    chunk.state = failure.map(ChunkState.failed) ?? .ready
    pthread_cond_broadcast(condition)
  }

  // MARK: The second thread

  private func startWorker() {
    let retained = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<LogPreparer>.fromOpaque(argument).takeRetainedValue().work()
        return nil
      }, retained.toOpaque())
    // Without a second thread the writer prepares everything itself.
    guard status == 0 else { return retained.release() }
    pthread_detach(thread)
    hasWorker = true
  }

  private func work() {
    var random = RandomSupply()
    pthread_mutex_lock(mutex)
    while !isEnding {
      guard var mine = task, nextChunk < chunkCount else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      while task != nil, let index = claim() { prepare(index, &mine, random: &random) }
      if task != nil, nextChunk < chunkCount { pthread_cond_wait(condition, mutex) }
    }
    hasWorker = false
    pthread_mutex_unlock(mutex)
  }
}

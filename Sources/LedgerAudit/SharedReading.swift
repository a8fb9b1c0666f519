// SPDX-License-Identifier: Apache-2.0
import LedgerReading
import Synchronization

extension Snapshot {
  /// Does work of several parts on two threads, which see the same state: each takes the next part
  /// when it is done with one.
  ///
  /// `body` takes parts until there is none; returns what it made on each thread. One thread does
  /// everything where there is no other, or no second view: something was committed meanwhile.
  func share<R: Sendable>(
    _ count: Int,
    _ body: @escaping @Sendable (Snapshot, SharedParts) throws(ReadingError) -> R
  ) throws(ReadingError) -> [R] {
    let parts = SharedParts(count)
    guard count > 1 else { return [try body(self, parts)] }
    var made: [R] = []
    let other = try withTwin { (twin) throws(ReadingError) in
      let lent = LentSnapshot(snapshot: twin)
      return try Pipeline.beside({ () throws(ReadingError) in
        try parts.endingAtErrors { () throws(ReadingError) in try body(lent.snapshot, parts) }
      }) { () throws(ReadingError) in
        try parts.endingAtErrors { () throws(ReadingError) in
          made.append(try body(self, parts))
        }
      }
    }
    guard case let other?? = other else { return [try body(self, parts)] }
    return made + [other]
  }
}

/// Parts of some work by their numbers, each for whoever comes next.
final class SharedParts: Sendable {
  private let count: Int
  private let taken = Atomic(0)

  init(_ count: Int) { self.count = count }

  /// The number of a part to do now; nil when there is none left.
  func next() -> Int? {
    let part = taken.wrappingAdd(1, ordering: .relaxed).oldValue
    return part < count ? part : nil
  }

  /// Where one thread fails, the other one need not go on.
  fileprivate func endingAtErrors<R>(
    _ body: () throws(ReadingError) -> R
  ) throws(ReadingError) -> R {
    do throws(ReadingError) {
      return try body()
    } catch {
      taken.store(count, ordering: .relaxed)
      throw error
    }
  }
}

/// A snapshot on its way to the thread that reads it.
///
/// `@unchecked`: no other thread touches it until that one has ended, and it was lent for as long.
private struct LentSnapshot: @unchecked Sendable {
  let snapshot: Snapshot
}

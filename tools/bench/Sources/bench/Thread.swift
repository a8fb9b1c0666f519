// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A thread that can be joined.
struct Thread {
  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
  private let number: pthread_t

  static func start(_ body: @escaping @Sendable () -> Void) -> Thread {
    var number = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    pthread_create(
      &number, nil,
      { argument in
        Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    return Thread(number: number)
  }

  func join() { pthread_join(number, nil) }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Knows, at the cost of one load, whether this process is still the one that started it.
///
/// A page marked MADV_WIPEONFORK (madvise(2), Linux 4.14) reads as zero in a forked child. Where
/// the kernel refuses the mark, the process identifier is compared instead.
enum ForkGuard {
  private static let wipeOnFork: Int32 = 18

  // Written once before publication and read-only from then on, in a page of its own.
  nonisolated(unsafe) private static let page: UnsafeMutablePointer<UInt8>? = {
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard
      let memory = mmap(
        nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { return nil }
    guard madvise(memory, size, wipeOnFork) == 0 else {
      munmap(memory, size)
      return nil
    }
    let byte = memory.assumingMemoryBound(to: UInt8.self)
    byte.pointee = 1
    return byte
  }()

  private static let process = getpid()

  /// Takes note of this process; called whenever an environment opens.
  static func arm() {
    _ = process
    _ = page
  }

  /// False in a child made by fork(2).
  static var isSameProcess: Bool {
    if let page { page.pointee == 1 } else { process == getpid() }
  }
}

// SPDX-License-Identifier: Apache-2.0

import CLinux
package import Glibc

/// An open file, close-on-exec, closed when it goes out of scope.
package struct Descriptor: ~Copyable, Sendable {
  /// The number, valid while this value lives.
  package let number: Int32

  /// Takes over an open descriptor.
  package init(owning number: Int32) { self.number = number }

  deinit {
    // Whoever is about to report a failure still wants its number.
    let error = errno
    _ = close(number)
    errno = error
  }

  /// Opens `path` without following a link in its last component.
  package static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0, for operation: String
  ) throws(DirectoryError) -> Descriptor {
    while true {
      let number = clinux_openat(AT_FDCWD, path, flags | O_NOFOLLOW, mode)
      if number >= 0 { return Descriptor(owning: number) }
      if errno != EINTR { throw .system(operation, path) }
    }
  }

  /// What the file is now.
  package func status() -> stat? {
    var status = stat()
    return fstat(number, &status) == 0 ? status : nil
  }

  /// Reads up to `count` bytes at `offset`; fewer at the end of the file. Nil with errno.
  package func read(_ count: Int, at offset: Int) -> [UInt8]? {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      while filled < count {
        let got = pread(number, buffer.baseAddress! + filled, count - filled, offset + filled)
        if got == 0 { return }
        if got > 0 {
          filled += got
        } else if errno != EINTR {
          failed = true
          return
        }
      }
    }
    return failed ? nil : bytes
  }

  /// Writes all the bytes at `offset`; false with errno, when some of them may be written.
  package func write(_ bytes: [UInt8], at offset: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(number, $0.baseAddress! + done, bytes.count - done, offset + done)
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 {
        if count == 0 { errno = ENOSPC }
        return false
      }
      done += count
    }
    return true
  }

  /// flock(2), repeated when a signal interrupts it; false with errno.
  package func lock(_ operation: Int32) -> Bool { Descriptor.lock(number, operation) }

  /// flock(2) on a borrowed number, repeated when a signal interrupts it; false with errno.
  package static func lock(_ number: Int32, _ operation: Int32) -> Bool {
    while clinux_flock(number, operation) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }
}

/// Which file it is, whatever its names: device and inode.
package struct FileIdentity: Hashable, Sendable {
  package var device: dev_t
  package var inode: ino_t

  package init(device: dev_t, inode: ino_t) {
    self.device = device
    self.inode = inode
  }

  package init(_ status: stat) {
    device = status.st_dev
    inode = status.st_ino
  }
}

/// What stands at a path, links not followed; nil with errno when nothing does.
package func statusOfLink(_ path: String) -> stat? {
  var status = stat()
  return lstat(path, &status) == 0 ? status : nil
}

/// Which file stands at a path and how long it is, links not followed.
///
/// Unlike lstat(2) this does not ask for the file's times. Since Linux 6.13 asking for them makes
/// the next write record a new one, and the sync after that write waits for the inode as well:
/// measured, a third of the latency of a small commit.
package struct FileExtent {
  package var identity: FileIdentity
  package var size: UInt64

  /// Looks at `path`; nil with errno when nothing stands there.
  package init?(at path: String) {
    var extent = clinux_extent()
    guard clinux_stat_extent(path, &extent) == 0 else { return nil }
    identity = FileIdentity(device: dev_t(extent.device), inode: ino_t(extent.inode))
    size = extent.size
  }
}

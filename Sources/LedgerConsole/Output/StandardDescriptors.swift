// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The descriptors 0, 1 and 2 of this process.
public enum StandardDescriptors {
  /// Opens `/dev/null` for each that is closed, so that no file of a ledger is ever opened under
  /// its number: what is printed would be written into the database.
  ///
  /// To be called first thing in `main`. Reading then finds the end, and writing fails as before.
  public static func fill() {
    for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) < 0 {
      // The lowest free number is this one: those below are open.
      let opened = open("/dev/null", O_RDONLY)
      // Without a /dev, nothing may be opened at all.
      if opened != Int32(descriptor) { _exit(74) }
    }
  }
}

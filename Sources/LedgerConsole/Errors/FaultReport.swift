// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec

/// What is said when a page of the database cannot be read, or this program broke a promise of its
/// own: an error and an exit code like any other, instead of a death by signal.
public enum FaultReport {
  /// From now on such an end is explained; `exit` replaces the exit codes of both kinds.
  ///
  /// To be called on the main thread, once. Output that is still buffered then is lost. Not for a
  /// process whose parent looks at the signal that ended it.
  public static func install(program: String, asJSON: Bool, exit: Int32? = nil) {
    let failures = [unreadable, bug]
    let sentences = failures.map { failure -> UnsafeMutablePointer<CChar>? in
      guard asJSON, let bytes = try? CanonicalJSON.encode(failure.json) else {
        return strdup(failure.text(program: program))
      }
      return strdup(String(decoding: bytes + [0x0A], as: UTF8.self))
    }
    clinux_explain_faults(
      // Of both data.mdb and lock.mdb.
      strdup(".mdb"), sentences[0], exit ?? unreadable.status.rawValue, sentences[1],
      exit ?? bug.status.rawValue)
  }

  private static var unreadable: Failure {
    Failure(
      .inputOutput, code: "page-unreadable", what: "read", on: "the ledger's database",
      why: "a page of it is damaged, cut off, or cannot be had from the disk",
      next:
        "run 'jobledger replay verify' to see what is wrong, and 'jobledger doctor' to repair it"
    )
  }

  private static var bug: Failure {
    Failure(
      .bug, code: "bug", why: "the program ended itself at something that must never happen",
      next: "please report this, with the command; what was acknowledged is in the ledger")
  }
}

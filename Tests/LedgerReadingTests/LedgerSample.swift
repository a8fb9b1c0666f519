// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerReading
import LedgerStorage
import LedgerTestSupport

/// A ledger's directory with stand-ins for the LMDB files.
struct LedgerSample {
  let folder = TemporaryFolder()
  let directory: LedgerDirectory
  let identity: LedgerIdentity

  init(_ sharing: LedgerSharing = .owner) throws {
    let creation = try LedgerCreation(at: folder.file("ledger"), sharing: sharing)
    directory = creation.directory
    TemporaryFolder.write(Array("data".utf8), to: directory.dataFile(1))
    TemporaryFolder.write(Array("lockfile".utf8), to: directory.lockFile(1))
    identity = try creation.finish(origin: "example.com/log", vkey: "example.com/log+00000000+AA")
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
public import LedgerReading

/// Refuses a write before its first byte when the disk is nearly full.
public enum SpaceCheck {
  /// What must be free whatever the batch.
  public static let leastFree: UInt64 = 64 << 20

  /// The free bytes that a batch of this size needs: room for its pages and those they displace.
  public static func need(batchBytes: UInt64) -> UInt64 {
    let (product, overflows) = batchBytes.multipliedReportingOverflow(by: 4)
    return overflows ? .max : max(leastFree, product)
  }

  /// Throws `noSpace`, which does not poison, when less is free. One statvfs(3).
  public static func require(
    batchBytes: UInt64, in directory: LedgerDirectory
  ) throws(DirectoryError) {
    try check(need(batchBytes: batchBytes), free: free(in: directory), directory)
  }

  /// The bytes free to this user where the database grows.
  public static func free(in directory: LedgerDirectory) throws(DirectoryError) -> UInt64 {
    var status = statvfs()
    while statvfs(directory.databaseDirectory, &status) != 0 {
      if errno != EINTR { throw .system("ask for free space", directory.databaseDirectory) }
    }
    return UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
      .partialValue
  }

  static func check(
    _ need: UInt64, free: UInt64, _ directory: LedgerDirectory
  ) throws(DirectoryError) {
    guard free < need else { return }
    throw DirectoryError(
      .noSpace, "write to the ledger", directory.path,
      "\(free >> 20) MiB are free and \(need >> 20) MiB are needed",
      whatNext: "make room on this file system and try again; nothing was written",
      systemError: ENOSPC)
  }
}

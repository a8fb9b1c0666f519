// SPDX-License-Identifier: Apache-2.0
import CLMDB

/// The reading side of an open write transaction; module LMDBWriting adds put, delete and clear.
///
/// A write that fails with anything but ``LMDBError/Code/keyExists`` or
/// ``LMDBError/Code/badValueSize`` leaves a transaction that can only be aborted; LMDB then
/// refuses its commit. Up to 131,071 dirty pages (512 MiB) stay in memory until the commit; beyond
/// that LMDB spills: it writes pages that no committed state names, so that ``LMDBError/Code/io``
/// and ``LMDBError/Code/noSpace`` can come out of a put, and what was committed stays untouched.
public final class WriteLoan: Loan {
  /// Whether a call failed because the map is full: growing it and starting over helps.
  @usableFromInline final var foundMapFull = false

  /// The error of a failed call; remembers a full map.
  @usableFromInline @inline(never)
  package final func failure(_ status: Int32, in operation: String) -> LMDBError {
    if status == MDB_MAP_FULL { foundMapFull = true }
    return LMDBError(status: status, in: operation)
  }
}

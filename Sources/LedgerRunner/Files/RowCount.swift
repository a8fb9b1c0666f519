// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerStatistics

/// How many rows the data files among outputs hold, by the ends of their names.
enum RowCount {
  /// The rows of all files together; nil where none is of a kind that has rows, and where one of
  /// that kind cannot be read as what its name says: a sum without it would claim too little.
  ///
  /// Cost: reads those files, verified.
  static func rows(of list: FileList, in blobs: BlobStore) throws(FilesError) -> UInt64? {
    var total: UInt64?
    for entry in list.entries {
      guard let form = RowCounter.Form(path: entry.path) else { continue }
      guard let rows = try rows(of: entry, form, in: blobs) else { return nil }
      total = (total ?? 0) + rows
    }
    return total
  }

  private static func rows(
    of entry: FileList.Entry, _ form: RowCounter.Form, in blobs: BlobStore
  ) throws(FilesError) -> UInt64? {
    var counter = RowCounter(form)
    var isReadable = true
    try blobs.use(entry.digest) { piece throws(FilesError) in
      // Read on: the file is verified, whether or not its rows can be told.
      guard isReadable else { return }
      do throws(DataError) { try counter.consume(piece) } catch { isReadable = false }
    }
    return isReadable ? try? counter.finish() : nil
  }
}

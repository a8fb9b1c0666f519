// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerDomain
import LedgerReading
import LedgerStatistics

/// Reading data files of any size, piece by piece, for what counts their cells.
enum DataFile {
  private static let pieceBytes = 1 << 20

  /// Calls `take` with the pieces of the file at an absolute path; false when the job is to stop.
  ///
  /// Only when this returns true were they the bytes of `digest`. Errors: `FilesError` for a file
  /// that cannot be read, or is another one than was digested; `JobError.badInput` for what `take`
  /// makes of it.
  static func read(
    _ path: String, _ digest: Digest?, for job: ActiveJob,
    _ take: (UnsafeRawBufferPointer) throws(DataError) -> Void
  ) throws -> Bool {
    let number = clinux_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0)
    guard number >= 0 else { throw FilesError.system("read the data", path) }
    let file = Descriptor(owning: number)
    var hashing = Hashing()
    let piece = UnsafeMutableRawPointer.allocate(byteCount: pieceBytes, alignment: 64)
    defer { piece.deallocate() }
    while true {
      let count = Glibc.read(file.number, piece, pieceBytes)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FilesError.system("read the data", path) }
      if count == 0 { break }
      let bytes = UnsafeRawBufferPointer(start: piece, count: count)
      hashing.update(bytes)
      do throws(DataError) { try take(bytes) } catch {
        throw JobError.badInput("\(path): \(error)")
      }
      if job.stops.cause != nil { return false }
    }
    guard hashing.digest() == digest else {
      throw FilesError(
        .changed, "read the data", path, "it changed since it was digested",
        whatNext: "let its writer finish, then try again")
    }
    return job.stopCause() == nil
  }
}

// SPDX-License-Identifier: Apache-2.0
public import LedgerReading
import Transparency

/// A checkpoint in a file that somebody kept.
public enum CheckpointToCompare {
  /// Reads the file; refuses what is no signed checkpoint at all, whoever signed it.
  public static func read(_ path: String) throws(CheckpointFileError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(DirectoryError) {
      bytes = try DurableFile.read(
        path, limit: UnverifiedCheckpoint.byteLimit, for: "read the checkpoint")
    } catch { throw .unreadable(error) }
    do { _ = try UnverifiedCheckpoint(bytes) } catch {
      throw .malformed(path: path, why: "\(error)")
    }
    return bytes
  }
}

/// Why a file is of no use as a checkpoint.
public enum CheckpointFileError: Error, Equatable, Sendable {
  /// It cannot be read.
  case unreadable(DirectoryError)
  /// It is no signed checkpoint.
  case malformed(path: String, why: String)
}

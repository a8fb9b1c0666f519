// SPDX-License-Identifier: Apache-2.0

/// The last signed checkpoint, kept outside the database so that a rollback shows.
public enum CheckpointFile {
  private static let limit = 65_536

  /// The bytes of the signed note; nil before the first one.
  public static func read(_ directory: LedgerDirectory) throws(DirectoryError) -> [UInt8]? {
    do throws(DirectoryError) {
      return try DurableFile.read(
        directory.checkpointFile, limit: limit, for: "read the checkpoint")
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// Replaces the checkpoint durably, if the caller finds it not behind the stored one.
  ///
  /// The caller holds the door. `isNotBehind` gets the stored bytes, nil when there are none;
  /// when it answers false nothing is written and the error is `behind`.
  public static func replace(
    _ directory: LedgerDirectory, with bytes: [UInt8], isNotBehind: ([UInt8]?) -> Bool
  ) throws(DirectoryError) {
    guard isNotBehind(try read(directory)) else {
      throw DirectoryError(
        .behind, "write the checkpoint", directory.checkpointFile,
        "the stored one is of a larger size or another tree",
        whatNext: "run 'jobledger replay verify': the database may be an old copy")
    }
    try DurableFile.replace(
      directory.checkpointFile, with: bytes, mode: directory.sharing.fileMode,
      for: "write the checkpoint")
  }
}

// SPDX-License-Identifier: Apache-2.0
// LedgerStorage/Backup — one file that holds a whole ledger as of a size, and the way back from it.
// May touch: the ledger's directory, the file, and a folder beside each. Never: a network.
// Invariant: under its final name there is a whole backup, read back and verified, or none; what is
// restored carries `ledger.restored` before it can be opened at all.
// Start at: Backup.make(of:to:options:verify:), Restoration. Format: Sources/README.md, "Backups".

import Glibc
import LMDB
public import LedgerDomain
import LedgerReading
import Transparency

/// Makes backups.
public enum Backup {
  /// How to make one.
  public struct Options {
    /// Whether the log's private key is with it.
    public var includesSigningKey: Bool
    /// Whether a file of that name is replaced.
    public var replaces: Bool
    /// Name and version of this program.
    public var tool: String
    /// Where the time comes from.
    public var clock: LedgerClock
    /// How long to wait at the door for a signature.
    public var deadline: Duration
    /// Called now and then with what is being done, how much of it is done, and how much there is.
    public var onProgress: (String, UInt64, UInt64) -> Void

    /// Gathers the members.
    public init(
      includesSigningKey: Bool = true, replaces: Bool = false, tool: String,
      clock: LedgerClock = .system(), deadline: Duration = .seconds(30),
      onProgress: @escaping (String, UInt64, UInt64) -> Void = { _, _, _ in }
    ) {
      self.includesSigningKey = includesSigningKey
      self.replaces = replaces
      self.tool = tool
      self.clock = clock
      self.deadline = deadline
      self.onProgress = onProgress
    }
  }

  /// What was made.
  public struct Made: Equatable, Sendable {
    /// What it says of itself.
    public var manifest: BackupManifest
    /// The length of the file.
    public var bytes: UInt64
    /// The digest of the file.
    public var digest: Digest
    /// How many stored files are in it.
    public var blobs: UInt64
    /// Their bytes.
    public var blobBytes: UInt64
    /// Stored files whose bytes are not those of their digest; they were left out.
    public var damaged: [Digest]
    /// Stored files that events name, erased ones apart, and that are not in it.
    public var missing: [Digest]
    /// For how long one state of the database was kept from being written over.
    public var readingMicroseconds: UInt64
    /// Whether the outcome of the ledger's last write is unknown.
    public var isPoisoned: Bool
    /// Why the checkpoint is not of all its events; empty when it is.
    public var unsigned: String
  }

  /// Writes a backup of the ledger at `path` to `file`, while others write to the ledger.
  ///
  /// The database is copied as of one moment into a folder beside `file`, where `verify` gets the
  /// directory of a ledger without stored files, and throws unless it is whole. Then the archive is
  /// written beside `file`, synced, read back, and renamed. Needs room for the database twice and
  /// the stored files once. After an error, or a crash at any moment, nothing new has the final
  /// name; what a crash leaves beside it, the next backup of the same name removes.
  public static func make(
    of path: String, to file: String, options: Options,
    verify: (String) throws(BackupError) -> Void
  ) throws(BackupError) -> Made {
    let place = try BackupPlace(file, outside: path, replaces: options.replaces)
    let source = try BackupSource(path, options)
    defer { source.close() }
    let scratch = try place.makeScratch()
    var result = try source.copy(into: scratch, options)
    try verify(scratch)
    let (length, blobs) = try source.write(result, from: scratch, to: place, options)
    let read = try readBack(place.beside, options)
    guard read.length == length, read.blobs == UInt64(blobs.digests.count) else {
      throw BackupError(.malformed, place.beside, "what was written is not what is read back")
    }
    result.missing = try source.missing(blobs.digests, through: result.manifest.size)
    let made = Made(
      manifest: result.manifest, bytes: length, digest: read.digest, blobs: read.blobs,
      blobBytes: read.blobBytes, damaged: blobs.damaged, missing: result.missing,
      readingMicroseconds: result.readingMicroseconds, isPoisoned: source.isPoisoned,
      unsigned: result.unsigned)
    // A crash up to here leaves no backup of that name, or the old one.
    try place.publish()
    return made
  }

  private static func readBack(
    _ path: String, _ options: Options
  ) throws(BackupError) -> (length: UInt64, digest: Digest, blobs: UInt64, blobBytes: UInt64) {
    var reader = try BackupReader.open(path)
    var done: UInt64 = 0
    let length = reader.length
    while try reader.next() != nil {
      try reader.copy { (piece) throws(BackupError) in
        done += UInt64(piece.count)
        options.onProgress("reading back", done, length)
      }
    }
    try reader.finish()
    return (reader.length, reader.digest, reader.blobs, reader.blobBytes)
  }
}

/// What is known of a backup in the making.
struct BackupDraft {
  var manifest: BackupManifest
  var checkpoint: [UInt8]?
  var logKey: [UInt8]?
  var missing: [Digest] = []
  var readingMicroseconds: UInt64
  var unsigned: String
}

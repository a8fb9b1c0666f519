// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// A file in a backup. There are no others, each stands at most once, and they stand in this order,
/// blobs by their digests; so no name of an archive's own is ever used as a path.
enum BackupMember: Hashable {
  /// `backup.json`: ``BackupManifest``.
  case manifest
  /// The signed checkpoint.
  case checkpoint
  /// The log's private key, unless it was left out.
  case logKey
  /// Where that key is kept, when not in the ledger.
  case keyPlace
  /// The key of the request digests.
  case requestKey
  /// The database.
  case database
  /// A stored file.
  case blob(Digest)
  /// What an anchor answered: its name, and a file in its folder.
  case receipt(Name, String)
  /// SHA-256 of every file before it, as sha256sum(1) writes them.
  case sums

  /// The folder that an archive unpacks to.
  static let folder = "jobledger-backup/"

  /// Its name within the folder.
  var name: String {
    switch self {
    case .manifest: "backup.json"
    case .checkpoint: "checkpoint"
    case .logKey: "keys/log"
    case .keyPlace: "keys/place"
    case .requestKey: "keys/request"
    case .database: "data.mdb"
    case .blob(let digest): "blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)"
    case .receipt(let anchor, let file): "receipts/\(anchor)/\(file)"
    case .sums: "SHA256SUMS"
    }
  }

  /// The size that a receipt's file is named after, as in `42.checkpoint`; nil for other names.
  static func size(ofReceipt file: some StringProtocol) -> UInt64? {
    let parts = file.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, ["checkpoint", "tsq", "tsr", "answer"].contains(parts[1]),
      let size = UInt64(parts[0]), "\(size)" == parts[0]
    else { return nil }
    return size
  }

  /// The member with a name as it stands in the archive; nil for a name that no member has.
  init?(archived name: String) {
    guard name.hasPrefix(BackupMember.folder) else { return nil }
    let name = name.dropFirst(BackupMember.folder.count)
    let singles: [BackupMember] = [
      .manifest, .checkpoint, .logKey, .keyPlace, .requestKey, .database, .sums,
    ]
    if let single = singles.first(where: { name.utf8.elementsEqual($0.name.utf8) }) {
      self = single
      return
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 3, parts[0] == "receipts" {
      guard let anchor = Name(parts[1]), BackupMember.size(ofReceipt: parts[2]) != nil else {
        return nil
      }
      self = .receipt(anchor, String(parts[2]))
      return
    }
    guard let digest = Digest("sha256:" + name.suffix(64)),
      name.utf8.elementsEqual(BackupMember.blob(digest).name.utf8)
    else { return nil }
    self = .blob(digest)
  }

  /// What it may be followed by has a greater one, or is a later blob.
  var rank: Int {
    switch self {
    case .manifest: 0
    case .checkpoint: 1
    case .logKey: 2
    case .keyPlace: 3
    case .requestKey: 4
    case .database: 5
    case .blob: 6
    case .receipt: 7
    case .sums: 8
    }
  }

  /// Whether it may stand right after another.
  func mayFollow(_ other: BackupMember) -> Bool {
    if case .blob(let mine) = self, case .blob(let before) = other {
      return before.hex.utf8.lexicographicallyPrecedes(mine.hex.utf8)
    }
    if case .receipt = self, case .receipt = other {
      return other.name.utf8.lexicographicallyPrecedes(name.utf8)
    }
    return other.rank < rank
  }

  /// The greatest size that makes sense; nil where only the archive's own length bounds it.
  var sizeLimit: UInt64? {
    switch self {
    case .manifest, .checkpoint, .keyPlace: 1 << 16
    case .receipt: 1 << 18
    case .logKey, .requestKey: 32
    case .database, .blob, .sums: nil
    }
  }

  /// A line of `SHA256SUMS`.
  func sumLine(_ digest: Digest) -> [UInt8] { Array("\(digest.hex)  \(name)\n".utf8) }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// Reads content-addressed files of a ledger: `blobs/sha256/aa/<64 digits>`.
struct BlobReader {
  /// The longest list that is read for a document, in bytes.
  static let limit = 1 << 26

  private let folder: String

  init(_ directory: LedgerDirectory) { folder = directory.blobsDirectory }

  /// The bytes, if they are there and have this digest; else nil.
  func read(_ digest: Digest) -> [UInt8]? {
    let hex = digest.hex
    let path = "\(folder)/sha256/\(hex.utf8.prefix(2).string)/\(hex)"
    guard let bytes = try? DurableFile.read(path, limit: BlobReader.limit, for: "read the blob"),
      Digest(MerkleTree.sha256(bytes)) == digest
    else { return nil }
    return bytes
  }

  /// A list held as a blob; nil when it is erased, damaged, or no list.
  func list(_ digest: Digest) -> [JSONValue]? {
    guard let bytes = read(digest) else { return nil }
    return try? CanonicalJSON.decode(bytes).array
  }
}

extension Substring.UTF8View {
  fileprivate var string: String { String(Substring(self)) }
}

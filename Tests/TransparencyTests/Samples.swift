// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Transparency

/// Values that the same seed always makes again.
enum Samples {
  static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// Leaf hashes of distinct entries.
  static func leaves(_ count: Int) -> [MerkleHash] {
    (0..<count).map { MerkleTree.leafHash(of: Array("entry \($0)".utf8)) }
  }

  static func hash(_ bytes: [UInt8]) throws -> MerkleHash {
    guard let hash = MerkleHash(bytes) else { throw NoHash() }
    return hash
  }

  struct NoHash: Error {}

  static func key(_ seed: UInt64) throws -> SigningKey {
    try SigningKey(rawRepresentation: bytes(32, seed: seed))
  }

  static func signer(_ name: String, seed: UInt64) throws -> NoteSigner {
    NoteSigner(name: try KeyName(name), key: try key(seed))
  }
}

/// Published test vectors.
enum Vectors {
  /// The entries of the reference tests of Certificate Transparency.
  static let entries: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    Array(0x50...0x57), Array(0x60...0x6F),
  ]

  /// Roots over the first one, two … eight of them.
  static let roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]

  /// The signed note of the package golang.org/x/mod/sumdb/note.
  static let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
  static let noteText = "This is an example message.\n"
  static let noteLine =
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
    + "OBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
}

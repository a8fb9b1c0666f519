// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import Transparency

/// What a backup says of itself: `backup.json`, canonical JSON.
public struct BackupManifest: Equatable, Sendable {
  /// The form of backups that this program writes and reads.
  public static let currentFormat = 1

  /// The ledger's identifier.
  public var id: String
  /// The name that its checkpoints carry.
  public var origin: String
  /// The key in use at this size.
  public var vkey: String
  /// The generation that was copied.
  public var generation: UInt64
  /// How many events there are.
  public var size: LedgerSize
  /// The root over them.
  public var root: MerkleHash
  /// The size of the checkpoint that is with it; nil when there is none.
  public var checkpoint: LedgerSize?
  /// When it was made.
  public var created: Timestamp
  /// Name and version of the program that made it.
  public var tool: String
  /// The length of the database file.
  public var databaseBytes: UInt64
  /// The digest of the database file.
  public var databaseDigest: Digest
  /// Whether the log's private key is with it.
  public var hasSigningKey: Bool

  /// The root as checkpoints write it: base64.
  public var rootText: String { root.base64 }

  /// The stored form.
  func bytes() throws(CodecError) -> [UInt8] {
    var database = JSONObject()
    database["bytes"] = .integer(databaseBytes)
    database["digest"] = .string(databaseDigest.description)
    var object = JSONObject()
    object["checkpoint"] = checkpoint.map { .integer($0.value) }
    object["created"] = .string(created.description)
    object["database"] = .object(database)
    object["format"] = .integer(BackupManifest.currentFormat)
    object["generation"] = .integer(generation)
    object["id"] = .string(id)
    object["origin"] = .string(origin)
    object["root"] = .string(root.base64)
    object["signingKey"] = .bool(hasSigningKey)
    object["size"] = .integer(size.value)
    object["tool"] = .string(tool)
    object["vkey"] = .string(vkey)
    return try CanonicalJSON.encode(.object(object))
  }

  /// Why the bytes are no manifest.
  enum Unreadable: Error {
    case malformed(String)
    case newer(UInt64)
  }

  /// Reads the stored form.
  init(_ bytes: [UInt8]) throws(Unreadable) {
    guard let object = (try? CanonicalJSON.decode(bytes))?.object else {
      throw .malformed("it is no canonical JSON object")
    }
    func number(_ value: JSONValue?) -> UInt64? {
      switch value {
      case .number(let number)?: UInt64(exactly: number)
      case .string(let text)?: UInt64(text.string)
      default: nil
      }
    }
    guard let format = number(object["format"]) else { throw .malformed("it names no format") }
    guard format == UInt64(BackupManifest.currentFormat) else { throw .newer(format) }
    guard let id = object["id"]?.text?.string, let origin = object["origin"]?.text?.string,
      let vkey = object["vkey"]?.text?.string, let generation = number(object["generation"]),
      let size = number(object["size"]), let rootText = object["root"]?.text?.string,
      let root = MerkleHash(base64: rootText), let createdText = object["created"]?.text?.string,
      let created = Timestamp(createdText), let tool = object["tool"]?.text?.string,
      let database = object["database"]?.object, let bytes = number(database["bytes"]),
      let digestText = database["digest"]?.text?.string, let digest = Digest(digestText),
      case .bool(let hasSigningKey)? = object["signingKey"], generation < 1 << 53
    else { throw .malformed("it lacks a member, or has one that cannot be") }
    let checkpoint = object["checkpoint"]
    if checkpoint != nil, number(checkpoint) == nil {
      throw .malformed("the size of its checkpoint is no number")
    }
    self.id = id
    self.origin = origin
    self.vkey = vkey
    self.generation = generation
    self.size = LedgerSize(size)
    self.root = root
    self.checkpoint = number(checkpoint).map { LedgerSize($0) }
    self.created = created
    self.tool = tool
    self.databaseBytes = bytes
    self.databaseDigest = digest
    self.hasSigningKey = hasSigningKey
  }

  init(
    id: String, origin: String, vkey: String, generation: UInt64, size: LedgerSize,
    root: MerkleHash, checkpoint: LedgerSize?, created: Timestamp, tool: String,
    databaseBytes: UInt64, databaseDigest: Digest, hasSigningKey: Bool
  ) {
    self.id = id
    self.origin = origin
    self.vkey = vkey
    self.generation = generation
    self.size = size
    self.root = root
    self.checkpoint = checkpoint
    self.created = created
    self.tool = tool
    self.databaseBytes = databaseBytes
    self.databaseDigest = databaseDigest
    self.hasSigningKey = hasSigningKey
  }
}

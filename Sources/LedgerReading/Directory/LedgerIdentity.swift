// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain

/// What a ledger is, kept outside its database in `ledger.json`: canonical JSON, format 1.
public struct LedgerIdentity: Hashable, Sendable {
  /// The layout this program reads and writes.
  public static let currentFormat = 1

  /// 32 lower-case hexadecimal digits, drawn at `init`.
  public var id: String
  /// The name in proofs: schema-less, without spaces or `+`.
  public var origin: String
  /// The log's first public key in the form of signed notes; those after it are told by events,
  /// each signed by the key before it: ``KeyChain``.
  public var vkey: String
  /// The layout of the directory.
  public var format: Int
  /// Which `db/<generation>` is the ledger, from 1.
  public var generation: UInt64

  /// Describes a ledger of the current format.
  public init(id: String, origin: String, vkey: String, generation: UInt64) {
    self.id = id
    self.origin = origin
    self.vkey = vkey
    self.format = LedgerIdentity.currentFormat
    self.generation = generation
  }

  /// Reads and checks `ledger.json`.
  ///
  /// `damaged` when missing, empty, not canonical or lacking a member; `unsupported` when its
  /// format is newer.
  public static func read(
    _ directory: LedgerDirectory
  ) throws(DirectoryError) -> LedgerIdentity {
    let path = directory.identityFile
    let bytes: [UInt8]
    do throws(DirectoryError) {
      bytes = try DurableFile.read(path, limit: 16_384, for: "read the ledger's identity")
    } catch {
      guard error.code == .notFound else { throw error }
      throw damaged(path, "it is missing")
    }
    return try decode(bytes, at: path)
  }

  /// Replaces `ledger.json` durably; the caller holds the door, or is making the ledger.
  package func write(_ directory: LedgerDirectory) throws(DirectoryError) {
    try DurableFile.replace(
      directory.identityFile, with: encoded(), mode: directory.sharing.fileMode,
      for: "write the ledger's identity")
  }

  /// The bytes of `ledger.json`.
  func encoded() throws(DirectoryError) -> [UInt8] {
    var object = JSONObject()
    object["format"] = .integer(format)
    object["generation"] = .integer(generation)
    object["id"] = .string(id)
    object["origin"] = .string(origin)
    object["vkey"] = .string(vkey)
    do { return try CanonicalJSON.encode(.object(object)) } catch {
      throw LedgerIdentity.damaged("ledger.json", "\(error)")
    }
  }

  static func decode(_ bytes: [UInt8], at path: String) throws(DirectoryError) -> LedgerIdentity {
    guard !bytes.isEmpty else { throw damaged(path, "it is empty") }
    let value: JSONValue
    do {
      // A final line feed is what editors add; nothing else is forgiven.
      value = try CanonicalJSON.decode(bytes.last == 0x0A ? bytes.dropLast() : bytes)
    } catch { throw damaged(path, "it is not canonical JSON: \(error)") }
    guard let object = value.object else { throw damaged(path, "it is not a JSON object") }
    guard let format = integer(object["format"]) else {
      throw damaged(path, "its 'format' is no number")
    }
    guard format == UInt64(currentFormat) else {
      throw DirectoryError(
        .unsupported, "open the ledger", path,
        "its format is \(format); this program knows \(currentFormat)",
        whatNext: "use a newer jobledger")
    }
    guard object.members.count == 5 else { throw damaged(path, "it has members it should not") }
    guard let id = object["id"]?.text?.string, isIdentifier(id) else {
      throw damaged(path, "its 'id' is not 32 hexadecimal digits")
    }
    guard let origin = object["origin"]?.text?.string, isOrigin(origin) else {
      throw damaged(path, "its 'origin' is empty or has spaces or '+'")
    }
    guard let vkey = object["vkey"]?.text?.string, !vkey.isEmpty else {
      throw damaged(path, "its 'vkey' is missing")
    }
    guard let generation = integer(object["generation"]), generation >= 1 else {
      throw damaged(path, "its 'generation' is no number from 1")
    }
    return LedgerIdentity(id: id, origin: origin, vkey: vkey, generation: generation)
  }

  /// Whether `text` can name a ledger in proofs: no spaces, control characters or `+`.
  public static func isOrigin(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 255
      && text.unicodeScalars.allSatisfy { scalar in
        scalar != "+" && !scalar.properties.isWhitespace && scalar.value >= 0x20
          && scalar.value != 0x7F
      }
  }

  private static func isIdentifier(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  private static func integer(_ value: JSONValue?) -> UInt64? {
    guard case .number(let number) = value else { return nil }
    return UInt64(exactly: number)
  }

  private static func damaged(_ path: String, _ reason: String) -> DirectoryError {
    DirectoryError(
      .damaged, "read the ledger's identity", path, reason,
      whatNext: "restore ledger.json from a backup; it does not change after 'init' but for "
        + "'generation', the number of the newest directory in db/")
  }
}

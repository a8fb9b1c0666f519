// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
public import LedgerDomain

/// What anchors answered, kept in `receipts/<anchor>/`; derived from nothing, so it is kept for
/// good.
///
/// `<size>.checkpoint` is the note as the anchor has it, with the cosignatures of a witness; it is
/// renamed into place last, so that a receipt is whole when it is there. `<size>.tsq` and
/// `<size>.tsr` are query and reply of a time stamp, `<size>.answer` is what a program printed.
/// `state` says how the last attempts went.
public struct Receipts: Sendable {
  /// The ledger.
  public let directory: LedgerDirectory

  /// The receipts of a ledger.
  public init(_ directory: LedgerDirectory) { self.directory = directory }

  /// The kinds of files.
  public enum Part: String, CaseIterable, Sendable {
    /// The signed note.
    case checkpoint
    /// A query for a time stamp.
    case query = "tsq"
    /// The time stamp.
    case stamp = "tsr"
    /// What a program printed.
    case answer
  }

  /// The longest part that is read.
  public static let byteLimit = 1 << 18

  /// The folder of an anchor.
  public func folder(_ anchor: Name) -> String { directory.receiptsDirectory + "/\(anchor)" }

  /// The file of a part.
  public func file(_ anchor: Name, _ size: LedgerSize, _ part: Part) -> String {
    "\(folder(anchor))/\(size.value).\(part.rawValue)"
  }

  /// The anchors that have a folder, sorted.
  public func anchors() -> [Name] {
    Receipts.names(in: directory.receiptsDirectory).compactMap { Name($0) }
      .sorted { $0.string.utf8.lexicographicallyPrecedes($1.string.utf8) }
  }

  /// The sizes of an anchor's receipts, ascending.
  public func sizes(of anchor: Name) -> [LedgerSize] {
    let suffix = "." + Part.checkpoint.rawValue
    return Receipts.names(in: folder(anchor)).compactMap { name in
      guard name.hasSuffix(suffix), let size = UInt64(name.dropLast(suffix.count)),
        "\(size)\(suffix)" == name
      else { return nil }
      return LedgerSize(size)
    }.sorted()
  }

  /// Reads a part; nil where there is none.
  public func read(
    _ anchor: Name, _ size: LedgerSize, _ part: Part
  ) throws(DirectoryError) -> [UInt8]? {
    do throws(DirectoryError) {
      return try DurableFile.read(
        file(anchor, size, part), limit: Receipts.byteLimit, for: "read the receipt")
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// How the last attempts of an anchor went; one that never was tried has the empty state.
  public func state(of anchor: Name) -> AnchorState {
    guard
      let bytes = try? DurableFile.read(folder(anchor) + "/state", limit: 65_536),
      let object = (try? CanonicalJSON.decode(bytes))?.object
    else { return AnchorState() }
    return AnchorState(object)
  }

  /// The names in a directory, but for those that begin with a dot; none where it is not there.
  static func names(in path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.utf8.first != UInt8(ascii: ".") { names.append(name) }
    }
    return names
  }
}

/// How the last attempts to give an anchor a checkpoint went.
public struct AnchorState: Equatable, Sendable {
  /// The size that it has; nil for none.
  public var size: LedgerSize?
  /// When it was given that.
  public var time: Timestamp?
  /// How many attempts failed since.
  public var failures: UInt32 = 0
  /// Why the last one did.
  public var error: String?
  /// When the next one is due.
  public var next: Timestamp?

  /// Nothing was tried yet.
  public init() {}

  /// The form of the file.
  public var json: JSONValue {
    var object = JSONObject()
    object["size"] = size.map { .integer($0.value) }
    object["time"] = time.map { .string($0.description) }
    if failures > 0 { object["failures"] = .integer(UInt64(failures)) }
    object["error"] = error.map { .string($0) }
    object["next"] = next.map { .string($0.description) }
    return .object(object)
  }

  init(_ object: JSONObject) {
    if case .number(let number)? = object["size"] {
      size = UInt64(exactly: number).map { LedgerSize($0) }
    }
    time = object["time"]?.text.flatMap { Timestamp($0.string) }
    if case .number(let number)? = object["failures"] { failures = UInt32(exactly: number) ?? 0 }
    error = object["error"]?.text?.string
    next = object["next"]?.text.flatMap { Timestamp($0.string) }
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain

/// Files by path, size and digest: what a version consists of, what an input folder held.
///
/// Its canonical form is the JSON array of `{"bytes","digest","path"}` sorted by the bytes of the
/// paths; the digest of that array names the whole.
public struct FileList: Equatable, Sendable {
  /// One file.
  public struct Entry: Hashable, Sendable {
    /// Relative, components separated by `/`, none of them `.`, `..` or empty.
    public var path: String
    /// Its size.
    public var bytes: UInt64
    /// SHA-256 of its content.
    public var digest: Digest

    /// Describes a file.
    public init(path: String, bytes: UInt64, digest: Digest) {
      self.path = path
      self.bytes = bytes
      self.digest = digest
    }

    /// Compares bytes, where Swift's strings would take NFC and NFD for one.
    public static func == (left: Entry, right: Entry) -> Bool {
      left.path.utf8.elementsEqual(right.path.utf8) && left.bytes == right.bytes
        && left.digest == right.digest
    }

    /// Feeds the digest, which nearly always differs.
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
  }

  /// The files, sorted by the bytes of their paths.
  public let entries: [Entry]

  /// Sorts the files; their paths differ.
  public init(_ entries: [Entry]) {
    self.entries = entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Reads the canonical form; refuses any other bytes, and paths that would leave a folder.
  public init(canonical bytes: [UInt8]) throws(FilesError) {
    func damaged(_ reason: String) -> FilesError {
      FilesError(.damaged, "read", "a list of files", reason)
    }
    let value: JSONValue
    do throws(CodecError) {
      value = try CanonicalJSON.decode(bytes)
    } catch {
      throw damaged("it is no canonical JSON at byte \(error.offset)")
    }
    guard let array = value.array else { throw damaged("it is no array") }
    var entries: [Entry] = []
    for item in array {
      guard let object = item.object, object.members.count == 3,
        let path = object["path"]?.text?.string, let digest = object["digest"]?.text?.string,
        let digest = Digest(digest), case .number(let size)? = object["bytes"], size >= 0,
        size <= 9_007_199_254_740_991, size == size.rounded()
      else { throw damaged("it holds something else than files") }
      guard RelativePath.isSafe(path) else { throw damaged("it holds an unsafe path") }
      if let last = entries.last {
        guard last.path.utf8.lexicographicallyPrecedes(path.utf8) else {
          throw damaged("its paths are not in order")
        }
      }
      entries.append(Entry(path: path, bytes: UInt64(size), digest: digest))
    }
    self.entries = entries
  }

  /// The canonical form.
  public var canonical: [UInt8] {
    let value = JSONValue.array(
      entries.map { entry in
        .object(
          JSONObject(sorted: [
            JSONObject.Member(name: "bytes", value: .integer(entry.bytes)),
            JSONObject.Member(name: "digest", value: .string(entry.digest.description)),
            JSONObject.Member(name: "path", value: .string(entry.path)),
          ]))
      })
    // Three levels of strings and whole numbers always have a canonical form.
    return (try? CanonicalJSON.encode(value)) ?? []
  }

  /// Count, total size, and the digest of the canonical form.
  public var summary: FilesDigest {
    FilesDigest(
      count: UInt64(entries.count), bytes: entries.reduce(0) { $0 + $1.bytes },
      digest: Hashing.digest(canonical))
  }
}

/// Rules for relative paths that may be created below a folder.
enum RelativePath {
  /// The longest path in bytes.
  static let limit = 1024

  /// Whether nothing outside the folder can be meant, and no control character is in it.
  static func isSafe(_ path: String) -> Bool {
    let bytes = path.utf8
    guard !bytes.isEmpty, bytes.count <= limit, bytes.first != 0x2F else { return false }
    return path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && !part.elementsEqual([0x2E]) && !part.elementsEqual([0x2E, 0x2E])
        && part.count <= 255
    } && !hasControl(path)
  }

  /// Whether it holds a control character (C0, DEL, C1).
  static func hasControl(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
  }
}

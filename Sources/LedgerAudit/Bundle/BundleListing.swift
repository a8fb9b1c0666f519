// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import Transparency

/// The ordinary files of a folder that somebody gave us, by their paths inside it. Links and special
/// files are told and never followed or opened.
struct BundleListing {
  /// Beyond these a folder is no bundle that is looked at further.
  static let fileLimit = 2_000_000
  static let depthLimit = 12

  let path: String
  private(set) var files: Set<Text> = []
  private(set) var isWhole = false

  /// Lists a folder; tells what is no ordinary file, or cannot be listed.
  init(_ path: String, _ found: (_ name: String, _ why: String) -> Void) {
    self.path = path
    var waiting: [(folder: String, depth: Int)] = [("", 0)]
    while let (folder, depth) = waiting.popLast() {
      guard let listing = opendir(folder.isEmpty ? path : "\(path)/\(folder)") else {
        found(folder, "it cannot be listed: \(String(cString: strerror(errno)))")
        continue
      }
      defer { closedir(listing) }
      while let entry = readdir(listing) {
        let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
        if bytes == [0x2E] || bytes == [0x2E, 0x2E] { continue }
        guard let name = String(validating: bytes, as: UTF8.self) else {
          found("\(folder)/?", "its name is no UTF-8")
          continue
        }
        let inside = folder.isEmpty ? name : "\(folder)/\(name)"
        guard files.count < BundleListing.fileLimit, depth < BundleListing.depthLimit else {
          found(inside, "there are too many files or folders")
          return
        }
        guard let status = statusOfLink("\(path)/\(inside)") else {
          found(inside, "it cannot be looked at: \(String(cString: strerror(errno)))")
          continue
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: files.insert(Text(inside))
        case S_IFDIR: waiting.append((inside, depth + 1))
        default: found(inside, "a link, or no file; it was not followed")
        }
      }
    }
  }

  func has(_ name: String) -> Bool { files.contains(Text(name)) }

  /// Reads a file of at most `limit` bytes.
  func read(_ name: String, limit: Int) throws(BundleFault) -> [UInt8] {
    guard has(name) else { throw BundleFault(.bundleFile, "\(name) is missing") }
    do throws(DirectoryError) {
      return try DurableFile.read("\(path)/\(name)", limit: limit, for: "read")
    } catch {
      throw BundleFault(.bundleFile, "\(name): \(error.reason)")
    }
  }

  /// Opens a file that is read piece by piece.
  func open(_ name: String) throws(BundleFault) -> Descriptor {
    guard has(name) else { throw BundleFault(.bundleFile, "\(name) is missing") }
    do throws(DirectoryError) {
      let file = try Descriptor.open("\(path)/\(name)", O_RDONLY | O_NONBLOCK, for: "read")
      guard let status = file.status(), status.st_mode & S_IFMT == S_IFREG else {
        throw DirectoryError(.damaged, "read", name, "it is no ordinary file")
      }
      return file
    } catch {
      throw BundleFault(.bundleFile, "\(name): \(error.reason)")
    }
  }

  /// The digest of a file.
  func digest(of name: String) throws(BundleFault) -> MerkleHash {
    let file = try open(name)
    var running = RunningDigest()
    var offset = 0
    while let piece = file.read(1 << 18, at: offset) {
      if piece.isEmpty { return running.finish() }
      piece.withUnsafeBytes { running.update($0) }
      offset += piece.count
    }
    throw BundleFault(.bundleFile, "\(name): it cannot be read to its end")
  }
}

/// Something of a bundle that is not as it must be; it ends one check and no other.
struct BundleFault: Error {
  let code: Finding.Code
  let detail: String
  init(_ code: Finding.Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }
}

/// Lines of a file, each at most so long; bounded memory whatever the file holds.
struct LineReader: ~Copyable {
  private let file: Descriptor
  private let limit: Int
  private var buffer: [UInt8] = []
  private var start = 0
  private var offset = 0
  private var isAtEnd = false
  /// Whether the last line was cut off, by the end of the file or for its length.
  private(set) var isCut = false

  init(_ file: consuming Descriptor, limit: Int) {
    self.file = file
    self.limit = limit
  }

  /// The next line without its line feed; nil at the end, or where the file cannot be read.
  mutating func next() -> [UInt8]? {
    var from = start
    while true {
      if let end = buffer[from...].firstIndex(of: 0x0A) {
        defer { start = end + 1 }
        return Array(buffer[start..<end])
      }
      from = buffer.count
      guard !isCut, buffer.count - start <= limit, !isAtEnd else {
        if start == buffer.count || isCut { return nil }
        isCut = true
        return Array(buffer[start..<min(buffer.count, start + limit)])
      }
      buffer.removeSubrange(..<start)
      from -= start
      start = 0
      guard let piece = file.read(1 << 18, at: offset) else {
        isCut = true
        return nil
      }
      offset += piece.count
      isAtEnd = piece.isEmpty
      buffer += piece
    }
  }
}

extension Finding.Code {
  /// A file of a bundle is missing, a link, no ordinary file, cut off, or too long.
  public static let bundleFile = Self(rawValue: "bundle-file")
  /// A file of a bundle is not the one that its signed list of digests names.
  public static let bundleSums = Self(rawValue: "bundle-sums")
  /// A line of a bundle is no event in full form.
  public static let bundleEvent = Self(rawValue: "bundle-event")
  /// A tile or entry bundle is not what the events make.
  public static let bundleTile = Self(rawValue: "bundle-tile")
  /// An event of a part is not proved, or a proof is of no event that is here.
  public static let bundleProof = Self(rawValue: "bundle-proof")
  /// A list of files is not the one of its digest, or leads outside.
  public static let bundleList = Self(rawValue: "bundle-list")
  /// The key of a bundle is none, or another one signed than was asked for.
  public static let bundleKey = Self(rawValue: "bundle-key")
  /// What was claimed is not shown.
  public static let claim = Self(rawValue: "claim-not-shown")
}

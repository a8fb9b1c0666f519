// SPDX-License-Identifier: Apache-2.0
import Glibc
import LMDB
import Testing

/// A folder of its own, removed with everything in it when the value goes.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/lmdb-tests-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { Self.remove(path) }

  static func remove(_ path: String) {
    var status = stat()
    let isDirectory = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    if isDirectory, let listing = opendir(path) {
      while let entry = readdir(listing) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      closedir(listing)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

extension Environment.Options {
  /// Makes files, does not sync, and maps little: for tests of anything but durability.
  static func quick(mapSizeBytes: Int = 64 << 20, maximumReaders: Int = 32) -> Self {
    var options = Self()
    options.createsFiles = true
    options.unsafeNoSync = true
    options.mapSizeBytes = mapSizeBytes
    options.maximumReaders = maximumReaders
    return options
  }
}

/// Opens with the options of `quick` and one table.
func openQuickly(
  _ path: String, mapSizeBytes: Int = 64 << 20, maximumReaders: Int = 32
) throws -> (Environment, Table) {
  let environment = try Environment.open(
    directory: path,
    options: .quick(mapSizeBytes: mapSizeBytes, maximumReaders: maximumReaders))
  return (environment, try environment.openTables(["table"], create: true)[0])
}

/// Opens what must be there already, with one table.
func reopen(_ path: String) throws -> (Environment, Table) {
  let environment = try Environment.open(directory: path, options: .init())
  return (environment, try environment.openTables(["table"], create: false)[0])
}

func fileSize(_ path: String) -> Int? {
  var status = stat()
  return lstat(path, &status) == 0 ? Int(status.st_size) : nil
}

func fileContents(_ path: String) -> [UInt8]? {
  guard let size = fileSize(path), let file = fopen(path, "r") else { return nil }
  defer { fclose(file) }
  return [UInt8](unsafeUninitializedCapacity: size) { $1 = fread($0.baseAddress, 1, size, file) }
}

func writeFile(_ path: String, _ bytes: [UInt8]) {
  let file = fopen(path, "w")!
  fwrite(bytes, 1, bytes.count, file)
  fclose(file)
}

func expectError<R: ~Copyable>(
  _ code: LMDBError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> R
) {
  do {
    _ = try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as LMDBError {
    #expect(error.code == code, sourceLocation: sourceLocation)
  } catch {
    Issue.record("thrown: \(error)", sourceLocation: sourceLocation)
  }
}

/// Expects that a process that was observed stopped itself with this sentence.
func expectStop(
  saying sentence: String, _ result: ExitTest.Result?,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let said = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
  #expect(said.contains(sentence), sourceLocation: sourceLocation)
}

// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Finds the program that a command names, as execvp(3) does, but telling why it cannot.
enum ProgramSearch {
  enum Result: Equatable {
    case found([UInt8])
    case missing
    case forbidden(Int32)
  }

  /// Where programs are looked for when the environment has no PATH.
  static let standardPath = "/usr/local/bin:/usr/bin:/bin"

  /// Looks for `name` relative to the working folder if it holds a slash, else on the PATH of
  /// `environment`, in order; what is no executable file is passed over but remembered.
  static func find(_ name: [UInt8], environment: [[UInt8]]) -> Result {
    guard !name.isEmpty else { return .missing }
    let slash = UInt8(ascii: "/")
    if name.contains(slash) { return examine(name) }
    let prefix = Array("PATH=".utf8)
    let path =
      environment.first { $0.starts(with: prefix) }.map { $0.dropFirst(prefix.count) }
      ?? Array(standardPath.utf8)[...]
    var result = Result.missing
    for folder in path.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
      let candidate = (folder.isEmpty ? [UInt8(ascii: ".")] : Array(folder)) + [slash] + name
      switch examine(candidate) {
      case .found(let path): return .found(path)
      case .forbidden(let code): result = .forbidden(code)
      case .missing: break
      }
    }
    return result
  }

  private static func examine(_ path: [UInt8]) -> Result {
    (path + [0]).withUnsafeBytes { bytes in
      let name = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
      var status = stat()
      if stat(name, &status) != 0 {
        return errno == EACCES ? .forbidden(EACCES) : .missing
      }
      if status.st_mode & S_IFMT == S_IFDIR { return .forbidden(EISDIR) }
      if status.st_mode & S_IFMT != S_IFREG || access(name, X_OK) != 0 {
        return .forbidden(EACCES)
      }
      return .found(path)
    }
  }
}

/// Null-terminated lists of C strings, as execve(2) takes them.
enum CArguments {
  /// Lends the list for the duration of `body`. The strings hold no NUL: callers checked.
  static func with<Result>(
    _ strings: [[UInt8]],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let bytes = UnsafeMutablePointer<CChar>.allocate(
      capacity: max(1, strings.reduce(0) { $0 + $1.count + 1 }))
    let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
      capacity: strings.count + 1)
    defer {
      bytes.deallocate()
      list.deallocate()
    }
    var next = bytes
    for (index, string) in strings.enumerated() {
      list[index] = next
      for byte in string {
        next.pointee = CChar(bitPattern: byte)
        next += 1
      }
      next.pointee = 0
      next += 1
    }
    list[strings.count] = nil
    return body(list)
  }
}

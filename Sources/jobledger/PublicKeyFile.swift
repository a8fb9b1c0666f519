// SPDX-License-Identifier: Apache-2.0
import LedgerConsole
import LedgerReading

/// A file with one public SSH key, as `ssh-keygen` writes it.
enum PublicKeyFile {
  /// Reads it; 66 when it is missing, 65 when it holds something else.
  static func read(_ path: String) throws -> SSHPublicKey {
    let bytes = try UserFile.read(path, limit: 65_536, for: "read the public key")
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .filter { !$0.utf8.starts(with: "#".utf8) }
    guard lines.count == 1, let key = SSHPublicKey(lines[0]) else {
      throw Failure(
        .badInput, code: "key-malformed", what: "read the public key", on: "'\(path)'",
        why: "it is not one public key of SSH", next: "name the file that ends in .pub")
    }
    guard key.canSign else {
      throw Failure(
        .badInput, code: "key-unsupported", what: "use the public key", on: "'\(path)'",
        why: "signatures of \(key.algorithm) cannot be checked",
        next: "make one of ssh-ed25519, ecdsa-sha2-nistp256, or on a security key: "
          + "ssh-keygen -t ed25519")
    }
    return key
  }
}

/// Files that a person names on the command line.
enum UserFile {
  /// Reads a file; 66 when it is missing, 74 otherwise.
  static func read(_ path: String, limit: Int, for what: String) throws -> [UInt8] {
    do throws(DirectoryError) {
      return try DurableFile.read(path, limit: limit, for: what)
    } catch {
      throw Failure(
        error.code == .notFound ? .notFound : .inputOutput, code: error.code.rawValue,
        what: what, on: "'\(path)'", why: error.reason, next: error.whatNext)
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// How often eight bytes in a row of something secret occur in other bytes: what is left of it may
/// be torn.
public struct Traces {
  private var heads = [Bool](repeating: false, count: 256)
  private var windows: Set<UInt64> = []

  /// Looks for a secret of at least eight bytes.
  public init(of secret: [UInt8]) {
    precondition(secret.count >= 8, "Less than eight bytes occur by chance.")
    for start in 0...(secret.count - 8) {
      heads[Int(secret[start])] = true
      windows.insert(
        secret.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: UInt64.self) })
    }
  }

  /// Looks for some words.
  public init(of secret: String) { self.init(of: Array(secret.utf8)) }

  /// How many offsets of the bytes begin eight bytes of the secret.
  public func count(in bytes: [UInt8]) -> Int {
    guard bytes.count >= 8 else { return 0 }
    return bytes.withUnsafeBytes { bytes in
      heads.withUnsafeBufferPointer { heads in
        var count = 0
        var at = 0
        let end = bytes.count - 8
        while at <= end {
          if heads[Int(bytes[at])],
            windows.contains(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
          {
            count += 1
          }
          at += 1
        }
        return count
      }
    }
  }
}

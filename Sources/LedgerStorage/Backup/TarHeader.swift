// SPDX-License-Identifier: Apache-2.0

/// The header of a regular file in a tar archive (POSIX.1-1988 ustar), in the one form that
/// backups have: mode 0600, owner 0, no link, a prefix only where the name is longer than 100 bytes.
///
/// Sizes of 8 GiB and more stand in base 256, as GNU tar, bsdtar and Python write and read them.
struct TarHeader: Equatable {
  static let length = 512
  /// At most 100 bytes of ASCII behind its last slash, and 155 before it.
  var name: String
  var size: UInt64
  /// Seconds since 1970.
  var time: UInt64

  /// The 512 bytes.
  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: TarHeader.length)
    func put(_ text: some Sequence<UInt8>, at offset: Int) {
      for (index, byte) in text.enumerated() { bytes[offset + index] = byte }
    }
    let (prefix, rest) = split
    put(rest, at: 0)
    put(prefix, at: 345)
    put(TarHeader.octal(0o600, digits: 7), at: 100)
    put(TarHeader.octal(0, digits: 7), at: 108)
    put(TarHeader.octal(0, digits: 7), at: 116)
    put(TarHeader.number(size), at: 124)
    put(TarHeader.number(time), at: 136)
    bytes[156] = UInt8(ascii: "0")
    put("ustar".utf8, at: 257)
    put("00".utf8, at: 263)
    // The sum counts its own field as spaces.
    put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148)
    let sum = bytes.reduce(UInt64(0)) { $0 + UInt64($1) }
    put(TarHeader.octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
    return bytes
  }

  /// What stands in the fields `prefix` and `name`.
  private var split: (prefix: [UInt8], name: [UInt8]) {
    let all = Array(name.utf8)
    guard all.count > 100, let slash = all.lastIndex(of: UInt8(ascii: "/")) else {
      return ([], Array(all.prefix(100)))
    }
    return (Array(all[..<slash].prefix(155)), Array(all[(slash + 1)...].prefix(100)))
  }

  /// Reads a header of exactly that form; nil for any other.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == TarHeader.length else { return nil }
    var name = Array(bytes[..<100].prefix { $0 != 0 })
    let prefix = bytes[345..<500].prefix { $0 != 0 }
    if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
    guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      let size = TarHeader.parse(bytes[124..<136]), let time = TarHeader.parse(bytes[136..<148])
    else { return nil }
    self.init(name: String(decoding: name, as: UTF8.self), size: size, time: time)
    // So that every byte of it counts.
    guard self.bytes == bytes else { return nil }
  }

  init(name: String, size: UInt64, time: UInt64) {
    self.name = name
    self.size = size
    self.time = time
  }

  /// How many zeros follow `size` bytes.
  static func padding(after size: UInt64) -> Int {
    Int((UInt64(length) - size % UInt64(length)) % UInt64(length))
  }

  private static func octal(_ value: UInt64, digits: Int) -> [UInt8] {
    (0..<digits).reversed().map { UInt8(ascii: "0") + UInt8(value >> UInt64(3 * $0) & 7) }
  }

  private static func number(_ value: UInt64) -> [UInt8] {
    if value < 1 << 33 { return octal(value, digits: 11) }
    var bytes = [UInt8](repeating: 0, count: 12)
    bytes[0] = 0x80
    for index in 0..<8 {
      bytes[4 + index] = UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * index))
    }
    return bytes
  }

  private static func parse(_ field: ArraySlice<UInt8>) -> UInt64? {
    guard let first = field.first else { return nil }
    if first == 0x80 {
      guard field.dropFirst().prefix(3).allSatisfy({ $0 == 0 }) else { return nil }
      let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return value < 1 << 62 ? value : nil
    }
    let digits = field.dropLast()
    guard field.last == 0, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    return digits.reduce(UInt64(0)) { $0 << 3 | UInt64($1 - 0x30) }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// One file of a log that is served as static files: 256 hashes of a level, or 256 entries, or the
/// first of them (`c2sp.org/tlog-tiles`).
public struct Tile: Hashable, Sendable, CustomStringConvertible {
  /// What is in a tile.
  public enum Content: Hashable, Sendable {
    /// Roots of full subtrees of height 8 × level; leaf hashes at level 0.
    case hashes(level: UInt8)
    /// The entries themselves, an entry bundle.
    case entries
  }

  /// What is in it.
  public let content: Content

  /// Its place among the tiles of its kind, from 0.
  public let index: UInt64

  /// How many hashes or entries it has, 1 to 256.
  public let width: Int

  /// The width of a full tile.
  public static let fullWidth = 256

  /// The highest level that a path can name.
  public static let levelLimit: UInt8 = 63

  /// Names a tile; nil for a level above 63 or a width that is not 1 to 256.
  public init?(_ content: Content, index: UInt64, width: Int = Tile.fullWidth) {
    guard (1...Self.fullWidth).contains(width) else { return nil }
    if case .hashes(let level) = content, level > Self.levelLimit { return nil }
    self.content = content
    self.index = index
    self.width = width
  }

  /// Whether it will never change.
  public var isFull: Bool { width == Self.fullWidth }

  /// The path below the log's prefix: `tile/<L>/<N>` or `tile/entries/<N>`, with `.p/<W>` for a
  /// partial tile. N is in groups of three digits, `x` before all but the last.
  public var path: String {
    var path =
      switch content {
      case .hashes(let level): "tile/\(level)/"
      case .entries: "tile/entries/"
      }
    var groups: [UInt64] = [index % 1000]
    var rest = index / 1000
    while rest > 0 {
      groups.append(rest % 1000)
      rest /= 1000
    }
    for (place, group) in groups.enumerated().reversed() {
      if place > 0 { path += "x" }
      path += "\(group / 100)\(group / 10 % 10)\(group % 10)"
      if place > 0 { path += "/" }
    }
    if !isFull { path += ".p/\(width)" }
    return path
  }

  /// The path.
  public var description: String { path }

  /// Reads a path; nil for any other text than the one that `path` gives.
  public init?(path: String) {
    // The longest index has seven groups; nothing longer is looked at.
    guard path.utf8.count <= 64 else { return nil }
    var parts = Array(path.utf8).split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)[...]
    guard parts.popFirst()?.elementsEqual("tile".utf8) ?? false, let kind = parts.popFirst(),
      let last = parts.last
    else { return nil }
    let content: Content
    if kind.elementsEqual("entries".utf8) {
      content = .entries
    } else {
      guard let level = NoteText.number(kind), level <= Self.levelLimit else { return nil }
      content = .hashes(level: UInt8(level))
    }
    var width = Self.fullWidth
    let mark = Array(".p".utf8)
    if parts.count > 1, parts[parts.endIndex - 2].suffix(2).elementsEqual(mark) {
      guard let stated = NoteText.number(last), stated < Self.fullWidth else { return nil }
      width = Int(stated)
      parts.removeLast()
      parts[parts.endIndex - 1] = parts[parts.endIndex - 1].dropLast(2)
    }
    var index: UInt64 = 0
    for group in parts {
      for digit in group.suffix(3) {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        let (tens, tooMany) = index.multipliedReportingOverflow(by: 10)
        let (sum, tooMuch) = tens.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
        guard !tooMany, !tooMuch else { return nil }
        index = sum
      }
    }
    self.init(content, index: index, width: width)
    // One spelling each: leading groups of zeros, missing marks and the like end here.
    guard self.path.utf8.elementsEqual(path.utf8) else { return nil }
  }
}

extension Tile {
  /// The tiles of hashes that a tree of this size has, full and partial ones, from level 0 up.
  public static func hashTiles(of size: UInt64) -> some Sequence<Tile> {
    (UInt8(0)...Self.levelLimit).lazy.prefix { level in width(of: size, at: level) > 0 }
      .flatMap { level in tiles(.hashes(level: level), over: width(of: size, at: level)) }
  }

  /// The entry bundles that a tree of this size has.
  public static func entryTiles(of size: UInt64) -> some Sequence<Tile> {
    tiles(.entries, over: size)
  }

  /// The tile that holds a hash of a level in a tree of this size, as wide as that tree makes it; nil
  /// if the tree has no such hash.
  public static func holding(hash: UInt64, level: UInt8, size: UInt64) -> Tile? {
    let count = width(of: size, at: level)
    guard hash < count else { return nil }
    let index = hash >> 8
    return Tile(
      .hashes(level: level), index: index,
      width: Int(min(count - index << 8, UInt64(Self.fullWidth))))
  }

  /// How many hashes a level of a tree has: one for each full subtree of height 8 × level.
  private static func width(of size: UInt64, at level: UInt8) -> UInt64 {
    size >> (8 * UInt64(level))
  }

  private static func tiles(_ content: Content, over count: UInt64) -> some Sequence<Tile> {
    let full = count >> 8
    let rest = Int(count & 255)
    // Ends are exclusive; a count has at most 2^56 tiles.
    return (0..<full + (rest > 0 ? 1 : 0)).lazy.compactMap { index in
      Tile(content, index: index, width: index == full ? rest : Self.fullWidth)
    }
  }
}

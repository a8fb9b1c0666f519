// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// What a leaf says before and after its data: who acted, when, and by which clocks.
///
/// For reading many events of which the facts do not matter: a quarter of the cost of decoding. It
/// says where the members would be, not that the leaf is valid, as ``LeafTail`` does.
public struct LeafOutline {
  /// The members that end it.
  public let tail: LeafTail

  private static let opening: StaticString = "{\"actor\":"

  /// Finds the members; nil where the bytes are not those of a leaf.
  @inline(__always)
  public init?(_ leaf: UnsafeRawBufferPointer) {
    guard let tail = LeafTail(leaf), LeafOutline.stands(LeafOutline.opening, at: 0, in: leaf) else {
      return nil
    }
    self.tail = tail
  }

  /// The bytes of `actor`, an object; nil where it does not end before the time.
  public func actor(in leaf: UnsafeRawBufferPointer) -> Range<Int>? {
    let start = LeafOutline.opening.utf8CodeUnitCount
    guard let end = LeafOutline.objectEnd(from: start, in: leaf), end <= tail.time.lowerBound else {
      return nil
    }
    return start..<end
  }

  /// Where the actor ends, if its bytes are these, which are those of an actor in some leaf; else nil.
  ///
  /// Cheaper than to look for its end: an object does not begin with another one.
  public func end(ofActor bytes: [UInt8], in leaf: UnsafeRawBufferPointer) -> Int? {
    let start = LeafOutline.opening.utf8CodeUnitCount
    let end = start + bytes.count
    guard !bytes.isEmpty, end <= tail.time.lowerBound, let leaf = leaf.baseAddress else {
      return nil
    }
    let isSame = bytes.withUnsafeBytes { bytes in
      bytes.baseAddress.map { ByteScan.equal($0, leaf + start, bytes.count) } ?? false
    }
    return isSame ? end : nil
  }

  /// Whether it has a `clock` or `occurred`, a time beside the recorded one.
  ///
  /// - Parameter end: where the actor ends.
  public func hasOtherTimes(behindActor end: Int, in leaf: UnsafeRawBufferPointer) -> Bool {
    LeafOutline.hasClock(after: end, in: leaf)
      || LeafOutline.hasOccurred(before: tail.time.lowerBound, in: leaf)
  }

  /// Behind the last byte of the object that begins at an offset; nil where it does not end.
  private static func objectEnd(from start: Int, in leaf: UnsafeRawBufferPointer) -> Int? {
    var (at, depth, isString) = (start, 0, false)
    while at < leaf.count {
      switch leaf[at] {
      case 0x5c where isString: at += 1
      case 0x22: isString.toggle()
      case 0x7b where !isString: depth += 1
      case 0x7d where !isString:
        depth -= 1
        if depth == 0 { return at + 1 }
      default: break
      }
      if depth == 0 { return nil }
      at += 1
    }
    return nil
  }

  /// `clock` is the first member after the actor, or after the cause.
  private static func hasClock(after actor: Int, in leaf: UnsafeRawBufferPointer) -> Bool {
    var at = actor
    let cause: StaticString = ",\"cause\":"
    if stands(cause, at: at, in: leaf) {
      at += cause.utf8CodeUnitCount
      // A number above 2^53 is a string of digits.
      while at < leaf.count, (0x30...0x39).contains(leaf[at]) || leaf[at] == 0x22 { at += 1 }
    }
    return stands(",\"clock\":", at: at, in: leaf)
  }

  /// `occurred`, a time of 27 characters, is the last member before the position. No member after
  /// that has one of this name, and in a string its quotes would be escaped.
  private static func hasOccurred(before end: Int, in leaf: UnsafeRawBufferPointer) -> Bool {
    var at = end
    while at > 0, leaf[at] != 0x2c || !stands(",\"position\":", at: at, in: leaf) { at -= 1 }
    return at >= 41 && stands(",\"occurred\":\"", at: at - 41, in: leaf)
  }

  @inline(__always)
  private static func stands(
    _ literal: StaticString, at offset: Int, in leaf: UnsafeRawBufferPointer
  ) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard offset >= 0, offset + count <= leaf.count else { return false }
    for at in 0..<count where leaf[offset + at] != literal.utf8Start[at] { return false }
    return true
  }
}

extension EventCodec {
  /// The actor of the bytes that ``LeafOutline/actor(in:)`` names; nil for any others.
  public static func actor(_ bytes: UnsafeRawBufferPointer) -> Actor? {
    var reader = CanonicalReader(bytes)
    guard let actor = try? Actor.read(&reader, Wire.actor), (try? reader.finish()) != nil else {
      return nil
    }
    return actor
  }
}

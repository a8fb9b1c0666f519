// SPDX-License-Identifier: Apache-2.0
import Glibc
package import LedgerDomain

/// A moment on the two clocks that a capture needs.
package struct CaptureMoment: Sendable {
  /// Nanoseconds on a clock that never goes back.
  package var nanoseconds: Int64
  /// The time of day.
  package var time: Timestamp
  /// Pairs the two.
  package init(nanoseconds: Int64, time: Timestamp) {
    self.nanoseconds = nanoseconds
    self.time = time
  }
}

/// Turns one stream's bytes into lines, in whatever pieces the bytes arrive.
///
/// The lines depend on the bytes alone, not on how they were cut; only the rules about time (a
/// partial line waits a second) look at the clock. Concatenating messages and ends recreates the
/// bytes. Memory: the buffer below and nothing else.
struct LineSplitter: ~Copyable {
  /// The longest message of a line or part.
  static let partLimit = 32 * 1024
  static let chunk = 64 * 1024
  /// How long a partial line waits before it is shown.
  static let patience: Int64 = 1_000_000_000
  /// How long a carriage return waits for the line feed that may follow it.
  static let returnPatience: Int64 = 200_000_000

  /// A piece that is ready; `bytes` are lent for the call.
  struct Piece {
    var bytes: UnsafeRawBufferPointer
    /// Nil for a line feed.
    var end: LineEnd?
    /// 0 for a whole line, else 1, 2 …
    var part: UInt32
  }

  private let buffer: UnsafeMutableRawPointer
  private let capacity: Int
  private var start = 0
  private var end = 0
  /// Bytes before this were searched for an end.
  private var scanned = 0
  /// Parts of the present line already given out.
  private var parts: UInt32 = 0
  /// When the oldest byte not given out arrived.
  private var since: Int64?

  init() {
    capacity = Self.partLimit + 2 * Self.chunk
    buffer = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Room for the next bytes: at least `chunk`.
  mutating func space() -> UnsafeMutableRawBufferPointer {
    if capacity - end < Self.chunk {
      memmove(buffer, buffer + start, end - start)
      end -= start
      scanned -= start
      start = 0
    }
    return UnsafeMutableRawBufferPointer(start: buffer + end, count: Self.chunk)
  }

  /// Splits after `count` bytes were put into `space()`.
  mutating func advance(_ count: Int, at now: CaptureMoment, _ sink: (Piece) -> Void) {
    guard count > 0 else { return }
    if since == nil { since = now.nanoseconds }
    end += count
    let first = start
    split(sink)
    if start == end {
      since = nil
      start = 0
      end = 0
      scanned = 0
    } else if start > first {
      since = now.nanoseconds
    }
  }

  private mutating func split(_ sink: (Piece) -> Void) {
    // The next line feed, kept while carriage returns before it are dealt with.
    var feed = -1
    var noFeed = false
    while start < end {
      if feed < scanned, !noFeed {
        if let found = memchr(buffer + scanned, 0x0A, end - scanned) {
          feed = UnsafeRawPointer(found) - UnsafeRawPointer(buffer)
        } else {
          noFeed = true
        }
      }
      let limit = noFeed ? end : feed
      if let found = memchr(buffer + scanned, 0x0D, limit - scanned) {
        let carriage = UnsafeRawPointer(found) - UnsafeRawPointer(buffer)
        if carriage + 1 == end {
          // Whether this is a line's end or half of one, the next byte tells.
          scanned = carriage
          cut(upTo: carriage, sink)
          return
        }
        if carriage + 1 == feed {
          finish(carriage, .crlf, next: feed + 1, sink)
        } else {
          finish(carriage, .cr, next: carriage + 1, sink)
        }
      } else if noFeed {
        scanned = end
        cut(upTo: end, sink)
        return
      } else {
        finish(feed, nil, next: feed + 1, sink)
      }
    }
  }

  /// Gives out the line that ends before `stop`.
  private mutating func finish(
    _ stop: Int, _ lineEnd: LineEnd?, next: Int, _ sink: (Piece) -> Void
  ) {
    cut(upTo: stop, sink)
    if parts > 0 { parts += 1 }
    sink(Piece(bytes: bytes(start, stop), end: lineEnd, part: parts))
    parts = 0
    start = next
    scanned = next
  }

  /// Gives out parts of a line above the limit, as long as more of it is known to follow.
  private mutating func cut(upTo stop: Int, _ sink: (Piece) -> Void) {
    while stop - start > Self.partLimit {
      give(part: UTF8Check.boundary(bytes(start, stop), atMost: Self.partLimit), sink)
    }
  }

  private mutating func give(part length: Int, _ sink: (Piece) -> Void) {
    parts += 1
    sink(Piece(bytes: bytes(start, start + length), end: LineEnd.none, part: parts))
    start += length
    if scanned < start { scanned = start }
  }

  private func bytes(_ from: Int, _ to: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: buffer + from, count: to - from)
  }

  /// Whether the last byte is a carriage return that waits for what follows.
  private var waitsForFeed: Bool {
    end > start && scanned == end - 1 && buffer.load(fromByteOffset: end - 1, as: UInt8.self) == 13
  }

  /// When `flush` has something to do, on the clock of `CaptureMoment`.
  var deadline: Int64? {
    guard let since, start < end else { return nil }
    return since + (waitsForFeed ? Self.returnPatience : Self.patience)
  }

  /// Gives out what waited long enough: a line whose carriage return nothing followed, or the
  /// partial line as a part, up to a boundary of its last character.
  mutating func flush(at now: CaptureMoment, _ sink: (Piece) -> Void) {
    guard let deadline, now.nanoseconds >= deadline else { return }
    if waitsForFeed {
      finish(end - 1, .cr, next: end, sink)
      since = nil
      return
    }
    let length = UTF8Check.boundary(bytes(start, end), atMost: end - start)
    if length > 0 { give(part: length, sink) }
    // An incomplete character alone waits for its rest, however long that takes.
    since = start < end ? now.nanoseconds : nil
  }

  /// Gives out what is left when the stream has ended.
  mutating func finish(_ sink: (Piece) -> Void) {
    guard start < end else { return }
    if waitsForFeed {
      finish(end - 1, .cr, next: end, sink)
    } else {
      finish(end, LineEnd.none, next: end, sink)
    }
    since = nil
  }
}

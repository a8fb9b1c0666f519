// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain
public import LedgerReading
import Transparency

/// The size that was asked for, and when it was reached.
public struct ResolvedSize: Equatable, Sendable {
  /// The number of events that the answer is about.
  public var size: LedgerSize
  /// The time of the last of them; nil when there is none.
  public var time: Timestamp?
  /// The moment that was written, as it was understood; nil where it was no moment.
  public var moment: Timestamp?

  /// Gathers the members.
  public init(size: LedgerSize, time: Timestamp?, moment: Timestamp? = nil) {
    self.size = size
    self.time = time
    self.moment = moment
  }

  /// The size and the time of its last event.
  public init(
    _ size: LedgerSize, in snapshot: Snapshot, moment: Timestamp? = nil
  ) throws(ReadingError) {
    self.size = size
    time = size.value == 0 ? nil : try snapshot.time(at: Position(size.value - 1))
    self.moment = moment
  }

  /// `{"size","time"}`, and `moment` where one was written.
  public var json: JSONValue {
    var object = JSONObject()
    object["size"] = .integer(size.value)
    object["time"] = time.map { .string($0.description) }
    object["moment"] = moment.map { .string($0.description) }
    return .object(object)
  }

  /// `size 41, 2026-06-30T14:12:07.000000Z`, the time of its last event, with the moment that was
  /// written where that is another: `size 41, … (up to 2026-06-30T21:59:59.999999Z)`.
  public var words: String {
    var words = "size \(size.value)"
    if let time { words += ", \(time)" }
    if let moment, moment != time { words += " (up to \(moment))" }
    return words
  }
}

extension AsOf {
  /// Tells the size that is meant, in a ledger of that origin.
  ///
  /// A time is one more than the greatest position whose time is not later. A moment later than
  /// both `now` and the last event is refused, but for a day that has begun: it is meant as far as
  /// it has come. A checkpoint counts only if its root is that of this ledger at its size; so it
  /// needs no key.
  public func resolve(
    in snapshot: Snapshot, origin: String, zone: TimeZoneRules, now: Timestamp
  ) throws(ReadingError) -> Result<ResolvedSize, AsOfError> {
    try resolved(in: snapshot) { () throws(AsOfError) -> (LedgerSize, Timestamp?) in
      switch self {
      case .size(let given): return (given, nil)
      case .after(let position): return (LedgerSize(after: position), nil)
      case .moment(let written):
        var moment = try written.end(in: zone, now: now)
        let latest = snapshot.size.value == 0 ? now : max(now, snapshot.head.lastTime)
        if moment > latest {
          let begins = try written.beginning(in: zone, now: now)
          guard begins < moment, begins <= latest else { throw AsOfError.inFuture(moment) }
          moment = latest
        }
        let end = moment
        return (
          try AsOf.reading { () throws(ReadingError) in try snapshot.size(asOf: end) }, moment
        )
      case .checkpoint(let path):
        return (try AsOf.size(ofCheckpoint: path, in: snapshot, origin: origin), nil)
      }
    }
  }

  /// Tells how many events come before those that are meant where this says since when.
  ///
  /// A size and a checkpoint mean what was added to it, an event itself and what is after it, a
  /// time what was recorded then and later, a day all of that day.
  public func resolveStart(
    in snapshot: Snapshot, origin: String, zone: TimeZoneRules, now: Timestamp
  ) throws(ReadingError) -> Result<ResolvedSize, AsOfError> {
    switch self {
    case .size, .checkpoint:
      return try resolve(in: snapshot, origin: origin, zone: zone, now: now)
    case .after(let position):
      return try AsOf.size(LedgerSize(position.value)).resolve(
        in: snapshot, origin: origin, zone: zone, now: now)
    case .moment(let written):
      return try resolved(in: snapshot) { () throws(AsOfError) -> (LedgerSize, Timestamp?) in
        let begins = try written.beginning(in: zone, now: now)
        let latest = snapshot.size.value == 0 ? now : max(now, snapshot.head.lastTime)
        guard begins <= latest else { throw AsOfError.inFuture(begins) }
        let before = Timestamp(microseconds: begins.microseconds - 1)
        return (
          try AsOf.reading { () throws(ReadingError) in try snapshot.size(asOf: before) }, begins
        )
      }
    }
  }

  private func resolved(
    in snapshot: Snapshot, _ body: () throws(AsOfError) -> (LedgerSize, Timestamp?)
  ) throws(ReadingError) -> Result<ResolvedSize, AsOfError> {
    let found: (size: LedgerSize, moment: Timestamp?)
    do throws(AsOfError) {
      found = try body()
      guard found.size <= snapshot.size else {
        throw AsOfError.beyondHead(asked: found.size, head: snapshot.size)
      }
    } catch {
      if case .ledgerUnreadable(let failure) = error { throw failure }
      return .failure(error)
    }
    return .success(try ResolvedSize(found.size, in: snapshot, moment: found.moment))
  }

  /// The size of a checkpoint whose root is this ledger's at that size.
  private static func size(
    ofCheckpoint path: String, in snapshot: Snapshot, origin: String
  ) throws(AsOfError) -> LedgerSize {
    let bytes: [UInt8]
    do throws(DirectoryError) {
      bytes = try DurableFile.read(
        path, limit: UnverifiedCheckpoint.byteLimit, for: "read the checkpoint")
    } catch { throw .checkpointUnreadable(path: path, why: error.reason) }
    let checkpoint: Checkpoint
    do throws(NoteError) { checkpoint = try UnverifiedCheckpoint(bytes).unchecked } catch {
      throw .checkpointMalformed(path: path, why: "it is no signed checkpoint (\(error.reason))")
    }
    guard checkpoint.origin.bytes.elementsEqual(origin.utf8) else {
      throw .otherLedger(path: path, origin: checkpoint.origin.description)
    }
    let size = LedgerSize(checkpoint.size)
    guard size <= snapshot.size else { throw .beyondHead(asked: size, head: snapshot.size) }
    let root = try reading { () throws(ReadingError) in try snapshot.root(at: size) }
    guard root == checkpoint.root else { throw .otherHistory(path: path, size: size) }
    return size
  }

  private static func reading<R>(
    _ body: () throws(ReadingError) -> R
  ) throws(AsOfError) -> R {
    do throws(ReadingError) { return try body() } catch { throw .ledgerUnreadable(error) }
  }
}

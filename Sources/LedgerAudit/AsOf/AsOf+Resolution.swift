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

  /// Pairs the two.
  public init(size: LedgerSize, time: Timestamp?) {
    self.size = size
    self.time = time
  }

  /// The size and the time of its last event.
  public init(_ size: LedgerSize, in snapshot: Snapshot) throws(ReadingError) {
    self.size = size
    time = size.value == 0 ? nil : try snapshot.time(at: Position(size.value - 1))
  }

  /// `{"size","time"}`
  public var json: JSONValue {
    var object = JSONObject()
    object["size"] = .integer(size.value)
    object["time"] = time.map { .string($0.description) }
    return .object(object)
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
    let size: LedgerSize
    do throws(AsOfError) {
      switch self {
      case .size(let given): size = given
      case .after(let position): size = LedgerSize(after: position)
      case .moment(let written):
        let moment = try written.end(in: zone)
        let latest = snapshot.size.value == 0 ? now : max(now, snapshot.head.lastTime)
        if moment > latest {
          let begins = try written.beginning(in: zone)
          guard begins < moment, begins <= latest else { throw AsOfError.inFuture(moment) }
        }
        size = try AsOf.reading { () throws(ReadingError) in try snapshot.size(asOf: moment) }
      case .checkpoint(let path):
        size = try AsOf.size(ofCheckpoint: path, in: snapshot, origin: origin)
      }
      guard size <= snapshot.size else {
        throw AsOfError.beyondHead(asked: size, head: snapshot.size)
      }
    } catch {
      if case .ledgerUnreadable(let failure) = error { throw failure }
      return .failure(error)
    }
    return .success(try ResolvedSize(size, in: snapshot))
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

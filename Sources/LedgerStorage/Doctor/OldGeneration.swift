// SPDX-License-Identifier: Apache-2.0
import LMDB
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

/// The generation that a repair reads: its leaves, its texts and its head, which are all that
/// cannot be made again, and the few small things that are asked if they can answer.
struct OldGeneration {
  let environment: Environment
  let leaves: Table
  let texts: Table
  let headTable: Table
  /// Nil when it is gone or damaged.
  let requests: Table?
  /// Nil when it is gone or damaged.
  let tree: Table?
  let head: Head

  /// Takes an environment that the caller opened.
  init(_ environment: Environment) throws(RepairHalt) {
    self.environment = environment
    func open(_ name: String) throws(RepairHalt) -> Table {
      do throws(LMDBError) { return try environment.openTables([name], create: false)[0] } catch {
        throw .damage(
          DoctorFinding(.database, .damage, "the table '\(name)' cannot be opened: \(error)"))
      }
    }
    leaves = try open("leaves")
    texts = try open("texts")
    let table = try open("head")
    headTable = table
    requests = try? open("requests")
    tree = try? open("tree")
    let stored = try environment.read { (transaction) throws(RepairHalt) in
      try transaction.loan.get(table, HeadKey.head) { (bytes) throws(RepairHalt) in Head(bytes) }
    }
    guard let stored, let head = stored else {
      throw .damage(
        DoctorFinding(
          .head, .damage, "the row that says where the log ends is missing or damaged"))
    }
    self.head = head
  }

  /// How many events there are.
  var size: UInt64 { head.size.value }

  /// The texts that are stored, whether an event asks for them or not.
  func textCount() throws(RepairHalt) -> UInt64 { try count(texts) }

  func count(_ table: Table) throws(RepairHalt) -> UInt64 {
    try environment.read { (transaction) throws(RepairHalt) in
      do throws(LMDBError) { return UInt64(try transaction.loan.entryCount(table)) } catch {
        throw RepairHalt(lmdb: error)
      }
    }
  }

  /// What the index of request keys says; nil when it says nothing, or nothing that can be right.
  func request(_ mark: RequestMark, of event: Event, in loan: Loan) -> StoredRequest? {
    guard let requests else { return nil }
    let stored = try? IndexKey.request(event.actor.id, mark.key) { (key) throws(LMDBError) in
      try loan.get(requests, key) { StoredRequest($0) }
    }
    guard case .some(.some(let found)) = stored, found.digest == mark.digest,
      found.first == event.position, found.count > 0, found.count <= size - event.position.value
    else { return nil }
    return found
  }

  /// The refusals not yet told, as they are stored; nil when there is nothing usable.
  func pendingRefusals(_ key: [UInt8], in loan: Loan) -> PendingRefusals? {
    guard let bytes = try? loan.bytes(headTable, key) else { return nil }
    return PendingRefusals(bytes)
  }

  /// The stored hash of a block of 256 events; nil when there is none.
  func block(_ index: UInt64, in loan: Loan) -> MerkleHash? {
    guard let tree else { return nil }
    let stored = try? IndexKey.treeNode(height: 8, index: index) {
      (key) throws(LMDBError) in
      try loan.get(tree, key) { MerkleHash($0) }
    }
    if case .some(.some(let hash)) = stored { return hash }
    return nil
  }
}

/// Why a repair went no further.
enum RepairHalt: LMDBErrorConvertible {
  /// What cannot be made again is not what was written.
  case damage(DoctorFinding)
  /// Something else failed; nothing is known against the ledger.
  case failure(StorageError)

  init(lmdb error: LMDBError) {
    switch error.code {
    case .corrupted, .pageNotFound, .invalid, .truncated, .versionMismatch, .badTransaction:
      self = .damage(
        DoctorFinding(.database, .damage, "the database cannot be read: \(error)"))
    default: self = .failure(StorageError(lmdb: error))
    }
  }
}

/// A leaf that was read, decoded and hashed.
struct CheckedLeaf {
  enum Content {
    case line(LoggedLine)
    case event(Event)
  }
  var content: Content
  var hash: MerkleHash

  /// Checks the bytes that stand at a position.
  init(
    _ bytes: UnsafeRawBufferPointer, at position: Position, with decoder: inout LogLineDecoder
  ) throws(RepairHalt) {
    let said: Position
    do throws(CodecError) {
      if let line = try decoder.decode(bytes) {
        content = .line(line)
        said = line.position
      } else {
        let event = try EventCodec.decode(bytes)
        content = .event(event)
        said = event.position
      }
    } catch {
      throw .damage(
        DoctorFinding(
          .leafUndecodable, .damage, position: position,
          "event #\(position.value) is no event: \(error)"))
    }
    guard said == position else {
      throw .damage(
        DoctorFinding(
          .leafMisplaced, .damage, position: position,
          "the event at #\(position.value) says that it is #\(said.value)"))
    }
    hash = MerkleTree.leafHash(of: bytes)
  }

  /// The digest of its words.
  var text: Digest? {
    switch content {
    case .line(let line): line.text
    case .event(let event): event.text
    }
  }

  /// The job that it is of.
  var job: JobID? {
    switch content {
    case .line(let line): line.job
    case .event(let event): event.job
    }
  }

  /// When it was recorded.
  var time: Timestamp {
    switch content {
    case .line(let line): line.time
    case .event(let event): event.time
    }
  }
}

/// Texts that are not there, and the erasures that may have taken them.
struct TextLosses {
  private var missing: [(from: UInt64, to: UInt64, job: JobID?)] = []
  private var erased: [(from: UInt64, to: UInt64, job: JobID?, by: UInt64)] = []

  mutating func note(missing position: Position, job: JobID?) {
    if let last = missing.last, last.job == job, last.to + 1 == position.value {
      missing[missing.count - 1].to = position.value
    } else {
      missing.append((position.value, position.value, job))
    }
  }

  mutating func note(_ event: Event) {
    guard case .textErased(let fact) = event.fact else { return }
    for range in fact.ranges {
      erased.append((range.from.value, range.to.value, event.job, event.position.value))
    }
  }

  /// The first missing text that no later erasure names.
  var unexplained: Position? {
    for run in missing {
      var position = run.from
      while position <= run.to {
        let erasure = erased.first {
          $0.from <= position && position <= $0.to && position < $0.by
            && ($0.job == nil || $0.job == run.job)
        }
        guard let erasure else { return Position(position) }
        position = min(erasure.to, erasure.by - 1) + 1
      }
    }
    return nil
  }

  /// How many texts are missing.
  var count: UInt64 { missing.reduce(0) { $0 + ($1.to - $1.from + 1) } }
}

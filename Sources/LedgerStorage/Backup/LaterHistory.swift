// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
public import LedgerDomain
import LedgerReading
import Transparency

/// What is known of a ledger's history after a backup of it: how long it is, and what was erased.
public struct LaterHistory: Equatable, Sendable {
  /// An erasure after the backup.
  public struct Erasure: Equatable, Sendable {
    /// The event in that history.
    public var event: Event
    /// Its reason, where it can be had.
    public var reason: Text?
  }
  /// How many events that history has.
  public var size: LedgerSize
  /// The erasures that came after the backup, in order.
  public var erasures: [Erasure]

  /// Reads a ledger's directory, a bundle's, or a file of events in full form (`events.jsonl`).
  ///
  /// Its first events have to be those of the backup, `otherHistory` otherwise: their root is read
  /// from a ledger's tree, or computed from the file's lines.
  public static func read(
    _ path: String, after manifest: BackupManifest
  ) throws(BackupError) -> LaterHistory {
    guard let status = statusOfLink(path) else {
      throw BackupError(
        DirectoryError(
          .notFound, "read the later history", path, "it does not exist", systemError: ENOENT))
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try lines(of: path, manifest) }
    if statusOfLink(path + "/ledger.json") != nil { return try ledger(at: path, manifest) }
    return try lines(of: path + "/events.jsonl", manifest)
  }

  // MARK: A ledger

  private static func ledger(
    at path: String, _ manifest: BackupManifest
  ) throws(BackupError) -> LaterHistory {
    do throws(ReadingError) {
      let reader = try LedgerReader.open(path)
      defer { reader.close() }
      guard reader.identity.id == manifest.id else { throw Mismatch.ledger.error(path) }
      return try reader.read { (snapshot) throws(ReadingError) in
        guard snapshot.size >= manifest.size,
          try snapshot.root(at: manifest.size) == manifest.root
        else { throw Mismatch.history.error(path) }
        var later = LaterHistory(size: snapshot.size, erasures: [])
        for kind in [FactCode.textErased, .artifactErased] {
          try snapshot.forEachPosition(
            of: kind, asOf: snapshot.size, from: Position(manifest.size.value)
          ) { (position) throws(ReadingError) in
            let event = try snapshot.event(at: position)
            later.erasures.append(
              Erasure(event: event, reason: try snapshot.text(of: event).string(.reason)))
            return true
          }
        }
        later.erasures.sort { $0.event.position < $1.event.position }
        return later
      }
    } catch {
      if let mismatch = Mismatch(error) { throw mismatch.failure(path) }
      throw BackupError(StorageError(.reading(error), "reading the later history"), path)
    }
  }

  /// Carried through a closure that throws something else.
  private enum Mismatch: String {
    case ledger = "another ledger"
    case history = "another history"

    func error(_ path: String) -> ReadingError { ReadingError(.anotherLedger(rawValue), path) }

    init?(_ error: ReadingError) {
      guard case .anotherLedger(let word) = error.code, let found = Mismatch(rawValue: word) else {
        return nil
      }
      self = found
    }

    func failure(_ path: String) -> BackupError {
      switch self {
      case .ledger: BackupError(.otherLedger, path, "it is of another ledger")
      case .history:
        BackupError(.otherHistory, path, "its first events are not those of the backup")
      }
    }
  }

  // MARK: A file

  private static func lines(
    of path: String, _ manifest: BackupManifest
  ) throws(BackupError) -> LaterHistory {
    var frontier = Frontier()
    var root = manifest.size.value == 0 ? frontier.root() : nil
    var later = LaterHistory(size: LedgerSize(0), erasures: [])
    try forEachLine(of: path) { (line) throws(BackupError) in
      let position = Position(frontier.size)
      let parts: FullForm.Parts
      let event: Event
      do throws(CodecError) {
        parts = try FullForm.split(line)
        event = try EventCodec.decode(parts.leaf)
      } catch {
        throw BackupError(
          .malformed, path, "line \(position.value + 1) is no event in full form: \(error)")
      }
      guard event.position == position else {
        throw BackupError(
          .malformed, path,
          "line \(position.value + 1) is event #\(event.position.value): it is a part, and what was "
            + "erased is told by the whole")
      }
      frontier.append(MerkleTree.leafHash(of: parts.leaf))
      if frontier.size == manifest.size.value { root = frontier.root() }
      guard position.value >= manifest.size.value else { return }
      switch event.fact {
      case .textErased, .artifactErased:
        later.erasures.append(Erasure(event: event, reason: reason(in: parts, of: event)))
      default: break
      }
    }
    guard root == manifest.root else {
      throw BackupError(.otherHistory, path, "its first events are not those of the backup")
    }
    later.size = LedgerSize(frontier.size)
    return later
  }

  private static func reason(in parts: FullForm.Parts, of event: Event) -> Text? {
    guard let disclosure = parts.disclosure, let digest = event.text,
      Digest(MerkleTree.sha256(disclosure)) == digest,
      let values = try? Disclosure.decode(disclosure).values
    else { return nil }
    return values.string(.reason)
  }

  /// The longest line: a leaf and its words, with room for another layout.
  private static let lineLimit = 1 << 20

  private static func forEachLine(
    of path: String, _ body: ([UInt8]) throws(BackupError) -> Void
  ) throws(BackupError) {
    let file = try backing { () throws(DirectoryError) in
      try Descriptor.open(path, O_RDONLY | O_NONBLOCK, for: "read the later history")
    }
    var pending: [UInt8] = []
    var offset = 0
    while true {
      guard let piece = file.read(BackupReader.piece, at: offset) else {
        throw BackupError(.system("read the later history", path))
      }
      offset += piece.count
      pending += piece
      var start = 0
      while let end = pending[start...].firstIndex(of: 0x0A) {
        try body(Array(pending[start..<end]))
        start = end + 1
      }
      pending.removeSubrange(..<start)
      if piece.isEmpty { break }
      guard pending.count <= lineLimit else {
        throw BackupError(.malformed, path, "a line of it is longer than an event can be")
      }
    }
    if !pending.isEmpty { try body(pending) }
  }
}

extension LaterHistory.Erasure {
  /// The same erasure, as far as it is about events below `size`; nil when it is about none.
  func draft(by actor: Actor, within size: LedgerSize, cause: Event) -> Draft? {
    let fact: Fact
    switch event.fact {
    case .textErased(let erased):
      let ranges = erased.ranges.compactMap { range -> PositionRange? in
        guard range.from.value < size.value, range.from <= range.to else { return nil }
        return PositionRange(
          from: range.from, to: Position(min(range.to.value, size.value - 1)))
      }
      if ranges.isEmpty { return nil }
      fact = .textErased(TextErased(ranges: ranges, basis: erased.basis))
    case .artifactErased(let erased):
      fact = .artifactErased(ArtifactErased(digests: erased.digests, basis: erased.basis))
    default: return nil
    }
    var text = EventText()
    if let reason, !reason.isBlank { text = EventText([.reason: .string(reason)]) }
    return Draft(
      actor: actor, occurred: event.time, project: event.project, subject: event.subject,
      number: event.number, job: event.job, cause: cause.position, fact: fact, text: text)
  }
}

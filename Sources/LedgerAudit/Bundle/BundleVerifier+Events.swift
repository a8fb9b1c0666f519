// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

// One pass over the lines of events.jsonl: their form, and that they are what was signed.

extension BundleVerifier {
  /// The longest line: a leaf with words of 16 MiB.
  private static let lineLimit = 1 << 24

  /// Calls `body` with every line, and what it was made of unless it is no event.
  private func forEachLine(
    _ body: (_ line: [UInt8], _ event: Event?, _ parts: FullForm.Parts?) throws -> Void
  ) throws {
    var lines = LineReader(
      try files.open(place + "events.jsonl"), limit: BundleVerifier.lineLimit)
    var number = 0
    while let line = lines.next() {
      number += 1
      do {
        let parts = try BundleVerifier.split(line)
        let event = try EventCodec.decode(parts.leaf)
        try body(line, event, parts)
      } catch let error as CodecError {
        find(.bundleEvent, nil, "\(place)events.jsonl, line \(number): \(error)")
        try body(line, nil, nil)
      }
      if number & 4095 == 0 {
        tell(.progress("verifying events", done: UInt64(number), of: report.size?.value ?? 0))
      }
    }
    if lines.isCut {
      find(.bundleFile, nil, "\(place)events.jsonl: a line is cut off, or too long")
    }
  }

  /// Takes a line apart that is canonical; what it is made of makes the same line again.
  private static func split(_ line: [UInt8]) throws(CodecError) -> FullForm.Parts {
    let parts = try FullForm.split(line)
    let again = try FullForm.encode(
      leaf: parts.leaf, disclosure: parts.disclosure, erased: parts.isErased)
    guard again == line else {
      throw CodecError(offset: 0, reason: .expected("canonical JSON (RFC 8785)"))
    }
    return parts
  }

  private func take(_ event: Event, _ parts: FullForm.Parts) {
    report.checked.events += 1
    checkSigned(event)
    events.take(event, parts, &report) { code, detail in
      find(code, event.position.value, detail)
    }
  }

  /// Holds what `ssh-keygen -Y` is to read against the event that it is of.
  private func checkSigned(_ event: Event) {
    let name = "signatures/\(event.position.value)"
    guard let signature = event.fact.signature, files.has("\(name).sig") else { return }
    let statement = SignedStatement.make(of: event, origin: Text(verdict.origin)).flatMap {
      try? CanonicalJSON.encode(.object($0))
    }
    attempt {
      let limit = EventCodec.leafLimit
      let isSame =
        try files.read("\(name).sig", limit: limit).elementsEqual(signature.armored.string.utf8)
        && files.read("\(name).statement", limit: limit) == statement
      guard isSame else {
        throw BundleFault(
          .bundleEvent, "\(name).* are not what event #\(event.position.value) says")
      }
    }
  }

  // MARK: A whole ledger

  func checkWhole() throws {
    guard let head = head?.unchecked else { return }
    tree.expect(sizes: [head.size] + (keptSize().map { [$0] } ?? []))
    var tiles = TileCheck()
    try forEachLine { line, event, parts in
      // What is no event is hashed as it stands, so that the others keep their places.
      let leaf = parts?.leaf ?? line
      let hash = MerkleTree.leafHash(of: leaf)
      if case .keyRotated? = event?.fact { rotationRoots[tree.next] = tree.root }
      _ = tree.add(hash)
      if let event, let parts { take(event, parts) }
      tiles.add(leaf, hash, check)
    }
    tiles.finish(check)
    let root = tree.root
    if tree.next != head.size || root != head.root {
      find(
        .root, nil,
        "the \(tree.next) events do not hash to the root of size \(head.size) in the checkpoint")
    }
    for name in files.files.sorted(by: { $0.string < $1.string })
    where name.string.utf8.starts(with: "tile/".utf8) {
      let isOfTree = Tile(path: name.string).map { BundleVerifier.belongs($0, head.size) } ?? false
      if !isOfTree { find(.bundleTile, nil, "\(name.string) is no tile of this size") }
    }
  }

  /// Compares a tile with the file that has its path.
  private func check(_ tile: Tile, _ bytes: [UInt8]) {
    report.checked.nodes += 1
    let found = files.has(tile.path) ? try? files.read(tile.path, limit: bytes.count) : nil
    if found != bytes {
      find(.bundleTile, nil, "\(tile.path) is missing, or is not what the events make")
    }
  }

  private static func belongs(_ tile: Tile, _ size: UInt64) -> Bool {
    let count: UInt64
    switch tile.content {
    case .entries: count = size
    case .hashes(let level): count = level > 7 ? 0 : size >> (8 * UInt64(level))
    }
    let (first, isBeyond) = tile.index.multipliedReportingOverflow(by: 256)
    guard !isBeyond, first < count else { return false }
    return UInt64(tile.width) == min(256, count - first)
  }

  // MARK: A part

  func checkPart(under head: UnverifiedCheckpoint) throws {
    var proofs = indexProofs()
    var isProved = false
    let text = head.note.text
    try forEachLine { _, event, parts in
      guard let event, let parts else { return }
      let position = event.position.value
      guard let name = proofs.updateValue(nil, forKey: position) ?? nil else {
        return find(.bundleProof, position, "no proof of event #\(position) is here")
      }
      attempt {
        let file = try proof(name)
        guard file.checkpoint.note.text == text else {
          throw BundleFault(.bundleProof, "\(name) is under another checkpoint")
        }
        do {
          let root = try file.proof.root(
            from: MerkleTree.leafHash(of: parts.leaf), size: head.unchecked.size)
          guard root == head.unchecked.root else { throw ProofError.rootMismatch }
        } catch {
          throw BundleFault(.bundleProof, "event #\(position), \(name): \(error)")
        }
        if let extra = file.extra, extra.prefix(parts.leaf.count + 1) != (parts.leaf + [0x0A])[...]
        {
          throw BundleFault(.bundleProof, "\(name) carries another leaf")
        }
        isProved = true
        report.checked.nodes += 1
      }
      take(event, parts)
    }
    for (position, name) in proofs.sorted(by: { $0.key < $1.key }) where name != nil {
      find(.bundleProof, position, "event #\(position) has a proof, and is not here")
    }
    if !isProved { find(.bundleProof, nil, "there is no event here that is proved") }
  }

  /// Which file has the proof of which event.
  private func indexProofs() -> [UInt64: String?] {
    var proofs: [UInt64: String?] = [:]
    for name in files.files
    where name.string.utf8.hasSuffix(".tlog-proof".utf8)
      && name.string.utf8.starts(with: BundleVerifier.later.utf8) == (place == BundleVerifier.later)
    {
      attempt {
        let index = try proof(name.string).proof.index
        if let other = proofs.updateValue(name.string, forKey: index) ?? nil {
          throw BundleFault(
            .bundleProof, "event #\(index) has two proofs, \(min(other, name.string)) and another")
        }
      }
    }
    return proofs
  }

  private func proof(_ name: String) throws -> UnverifiedProofFile {
    let bytes = try files.read(name, limit: UnverifiedProofFile.byteLimit)
    do throws(NoteError) { return try UnverifiedProofFile(bytes) } catch {
      throw BundleFault(.bundleProof, "\(name) is no proof: \(error)")
    }
  }
}

extension String.UTF8View {
  fileprivate func hasSuffix(_ other: String.UTF8View) -> Bool {
    suffix(other.count).elementsEqual(other)
  }
}

/// Makes tiles and entry bundles from leaves as they come, at most 256 of each level waiting.
private struct TileCheck {
  private var rows: [(index: UInt64, hashes: [MerkleHash])] = []
  private var entries: [[UInt8]] = []
  private var bundle: UInt64 = 0

  mutating func add(_ leaf: [UInt8], _ hash: MerkleHash, _ check: (Tile, [UInt8]) -> Void) {
    entries.append(leaf)
    if entries.count == Tile.fullWidth { flush(check) }
    add(hash, level: 0, check)
  }

  private mutating func add(
    _ hash: MerkleHash, level: Int, _ check: (Tile, [UInt8]) -> Void
  ) {
    if rows.count == level { rows.append((0, [])) }
    rows[level].hashes.append(hash)
    guard rows[level].hashes.count == Tile.fullWidth else { return }
    let root = MerkleTree.root(of: rows[level].hashes)
    flush(level, check)
    rows[level].index += 1
    add(root, level: level + 1, check)
  }

  mutating func finish(_ check: (Tile, [UInt8]) -> Void) {
    if !entries.isEmpty { flush(check) }
    for level in rows.indices where !rows[level].hashes.isEmpty { flush(level, check) }
  }

  private mutating func flush(_ check: (Tile, [UInt8]) -> Void) {
    // A line that is no event may be longer than an entry; its tile cannot be right.
    let bytes = (try? EntryBundle.encode(entries)) ?? []
    if let tile = Tile(.entries, index: bundle, width: entries.count) { check(tile, bytes) }
    entries.removeAll(keepingCapacity: true)
    bundle += 1
  }

  private mutating func flush(_ level: Int, _ check: (Tile, [UInt8]) -> Void) {
    let row = rows[level]
    let tile = Tile(
      .hashes(level: UInt8(clamping: level)), index: row.index, width: row.hashes.count)
    if let tile { check(tile, row.hashes.flatMap(\.bytes)) }
    rows[level].hashes.removeAll(keepingCapacity: true)
  }
}

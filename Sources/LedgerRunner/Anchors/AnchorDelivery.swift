// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import Transparency

/// Why an anchor did not take a checkpoint, in words for a person.
struct AnchorFailure: Error, Equatable {
  var words: String
  init(_ words: String) { self.words = words }
}

/// What an anchor answered: the parts of a receipt besides the note itself.
struct AnchorAnswer {
  /// The note as the anchor has it, with its cosignatures.
  var note: [UInt8]
  /// Further parts.
  var parts: [(Receipts.Part, [UInt8])] = []
}

/// One checkpoint on its way to one anchor.
struct AnchorDelivery {
  var anchor: Policy.Anchor
  var reader: LedgerReader
  /// The published checkpoint, verified.
  var checkpoint: VerifiedCheckpoint
  /// The size that the anchor is known to have; 0 for none.
  var known: UInt64
  /// The environment of programs.
  var environment: [String: String]
  /// Where relative paths begin, and programs run: the folder that holds the ledger's.
  var folder: String
  /// A folder for files that programs need by name.
  var scratch: String

  func deliver() throws(AnchorFailure) -> AnchorAnswer {
    switch anchor.way {
    case .file(let path): return try put(absolute(path.string))
    case .command(let arguments):
      let answer = try run(arguments, checkpoint.note.bytes)
      return AnchorAnswer(
        note: checkpoint.note.bytes, parts: answer.isEmpty ? [] : [(.answer, answer)])
    case .timestamp(let source, let authority):
      return try stamp(source, absolute(authority.string))
    case .witness(let url, let vkey): return try witness(url.string, vkey.string)
    }
  }

  func absolute(_ path: String) -> String {
    path.utf8.first == 0x2F ? path : folder + "/" + path
  }

  // MARK: A file elsewhere

  /// Replaces the file, if it holds a smaller checkpoint of this very history, or none.
  private func put(_ path: String) throws(AnchorFailure) -> AnchorAnswer {
    let old = try kept(at: path)
    if let old {
      guard let kept = try? UnverifiedCheckpoint(old).unchecked else {
        throw AnchorFailure("'\(path)' holds what is no checkpoint, and is left alone")
      }
      try compare(kept, at: path)
    }
    let note = checkpoint.note.bytes
    if old != note {
      do throws(DirectoryError) {
        try DurableFile.replace(path, with: note, mode: 0o644, for: "write the checkpoint")
      } catch {
        throw AnchorFailure("\(error)")
      }
    }
    return AnchorAnswer(note: note)
  }

  /// What a file holds; nil where there is none.
  private func kept(at path: String) throws(AnchorFailure) -> [UInt8]? {
    do throws(DirectoryError) {
      return try DurableFile.read(path, limit: UnverifiedCheckpoint.byteLimit, for: "read")
    } catch {
      guard error.code == .notFound else { throw AnchorFailure("\(error)") }
      return nil
    }
  }

  private func compare(_ kept: Checkpoint, at path: String) throws(AnchorFailure) {
    guard kept.origin == checkpoint.origin else {
      throw AnchorFailure("'\(path)' holds a checkpoint of '\(kept.origin)', and is left alone")
    }
    guard kept.size <= checkpoint.size else {
      throw AnchorFailure(
        "'\(path)' has \(kept.size) events, and the last checkpoint here is of "
          + "\(checkpoint.size): events are gone here, or this is an old copy of the ledger")
    }
    let root: MerkleHash
    do throws(ReadingError) {
      root = try reader.read { (snapshot) throws(ReadingError) in
        try snapshot.root(at: LedgerSize(kept.size))
      }
    } catch {
      throw AnchorFailure("\(error)")
    }
    guard root == kept.root else {
      throw AnchorFailure(
        "'\(path)' has another history: its first \(kept.size) events are not those of this ledger")
    }
  }

  // MARK: Programs

  private func run(_ arguments: [Text], _ input: [UInt8]) throws(AnchorFailure) -> [UInt8] {
    try run(arguments.map(\.string), input)
  }

  func run(_ arguments: [String], _ input: [UInt8]) throws(AnchorFailure) -> [UInt8] {
    let program = HelperProgram(arguments: arguments, folder: folder, environment: environment)
    let answer: HelperProgram.Answer
    do throws(HelperProgram.Failure) { answer = try program.run(input) } catch {
      throw AnchorFailure("\(error)")
    }
    guard answer.exit == 0 else {
      let how = answer.exit.map { "ended with \($0)" } ?? "was ended by a signal"
      let said =
        String(decoding: answer.stderr.suffix(400), as: UTF8.self)
        .split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
      throw AnchorFailure("'\(arguments[0])' \(how)\(said)")
    }
    return answer.stdout
  }

  private func post(
    _ url: String, _ type: String, _ body: [UInt8]
  ) throws(AnchorFailure) -> HTTPPost.Answer {
    do throws(HTTPPost.Failure) {
      return try HTTPPost(url: url, contentType: type, environment: environment).send(body)
    } catch {
      throw AnchorFailure("\(url): \(error)")
    }
  }

  // MARK: Time stamps

  /// Has the note stamped (RFC 3161), and believes the stamp only after `openssl` has verified it.
  private func stamp(
    _ source: Policy.Anchor.TimestampSource, _ authority: String
  ) throws(AnchorFailure) -> AnchorAnswer {
    let (note, query, reply) = (scratch + "/note", scratch + "/query", scratch + "/reply")
    do throws(DirectoryError) {
      try DurableFile.create(note, checkpoint.note.bytes, mode: 0o600)
    } catch {
      throw AnchorFailure("\(error)")
    }
    _ = try run(
      ["openssl", "ts", "-query", "-data", note, "-sha256", "-cert", "-out", query], [])
    let asked = try read(query)
    let stamp: [UInt8]
    switch source {
    case .command(let arguments): stamp = try run(arguments, asked)
    case .url(let url):
      let answer = try post(url.string, "application/timestamp-query", asked)
      guard answer.status == 200 else {
        throw AnchorFailure("\(url.string) answered with status \(answer.status)")
      }
      stamp = answer.body
    }
    do throws(DirectoryError) { try DurableFile.create(reply, stamp, mode: 0o600) } catch {
      throw AnchorFailure("\(error)")
    }
    for about in [["-queryfile", query], ["-data", note]] {
      _ = try run(["openssl", "ts", "-verify", "-in", reply, "-CAfile", authority] + about, [])
    }
    return AnchorAnswer(
      note: checkpoint.note.bytes, parts: [(.query, asked), (.stamp, stamp)])
  }

  private func read(_ path: String) throws(AnchorFailure) -> [UInt8] {
    do throws(DirectoryError) {
      return try DurableFile.read(path, limit: Receipts.byteLimit)
    } catch {
      throw AnchorFailure("\(error)")
    }
  }

  // MARK: Witnesses

  /// Offers the checkpoint to a witness, with the proof that it extends what the witness saw last.
  private func witness(_ url: String, _ vkey: String) throws(AnchorFailure) -> AnchorAnswer {
    let key: CosignerKey
    do throws(NoteError) { key = try CosignerKey(vkey) } catch {
      throw AnchorFailure("the witness's vkey is none of a cosigner: \(error)")
    }
    var old = min(known, checkpoint.size)
    // A witness that is elsewhere says where; one that keeps changing its mind is left alone.
    for _ in 0..<3 {
      let body = try request(from: old)
      let base = url.utf8.last == 0x2F ? String(url.dropLast()) : url
      let answer = try post(base + "/add-checkpoint", "text/plain", body)
      switch answer.status {
      case 200: return AnchorAnswer(note: try cosigned(answer.body, by: key))
      case 409:
        let size = try size(in: answer)
        guard size <= checkpoint.size else {
          throw AnchorFailure(
            "the witness has seen \(size) events, and the last checkpoint here is of "
              + "\(checkpoint.size): events are gone here, or this is an old copy of the ledger")
        }
        guard size != old else {
          throw AnchorFailure("the witness holds another root for the size \(size)")
        }
        old = size
      default: throw AnchorFailure(Self.meaning(of: answer.status))
      }
    }
    throw AnchorFailure("the witness names another size each time it is asked")
  }

  private static func meaning(of status: Int) -> String {
    switch status {
    case 400: "the witness does not understand the request (400)"
    case 403: "the witness does not know the key that signs this ledger (403): give it the vkey"
    case 404: "the witness does not know this ledger (404): give it origin and vkey"
    case 422:
      "the witness holds another history of this ledger (422): the proof from its size does not fit"
    default: "the witness answered with status \(status)"
    }
  }

  private func request(from old: UInt64) throws(AnchorFailure) -> [UInt8] {
    let proof: ConsistencyProof
    do throws(ReadingError) {
      proof = try reader.read { (snapshot) throws(ReadingError) in
        try snapshot.consistencyProof(from: old, to: checkpoint.size)
      }
    } catch {
      throw AnchorFailure("\(error)")
    }
    let lines = proof.hashes.map { "\($0.base64)\n" }.joined()
    return Array("old \(old)\n\(lines)\n".utf8) + checkpoint.note.bytes
  }

  private func size(in answer: HTTPPost.Answer) throws(AnchorFailure) -> UInt64 {
    let text = String(decoding: answer.body, as: UTF8.self)
    guard answer.headers["content-type"] == "text/x.tlog.size", text.utf8.last == 0x0A,
      let size = UInt64(text.dropLast()), "\(size)\n" == text
    else { throw AnchorFailure("the witness does not say which size it has (409)") }
    return size
  }

  /// The note with the lines of the witness, of which one has to be its own and to verify.
  private func cosigned(
    _ lines: [UInt8], by key: CosignerKey
  ) throws(AnchorFailure) -> [UInt8] {
    let longer: UnverifiedCheckpoint
    let believed: VerifiedCheckpoint
    do throws(NoteError) {
      longer = try UnverifiedCheckpoint(checkpoint.note.bytes).adding(signatureLines: lines)
      believed = try longer.verified(
        by: checkpoint.note.signers, origin: .exactly(checkpoint.origin), cosigners: [key])
    } catch {
      throw AnchorFailure(
        "the witness answered what is no cosignature of this checkpoint: \(error)")
    }
    guard believed.cosignatures.contains(where: { $0.key == key }) else {
      throw AnchorFailure("the witness answered without a cosignature of its own")
    }
    return longer.note.bytes
  }
}

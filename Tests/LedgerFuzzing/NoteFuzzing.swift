// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport
import Transparency

/// Signed texts: what is believed has to have been signed, and what is read is written again as it
/// was.
public enum NoteFuzzing {
  private static let witness: Cosigner = {
    var random = SplitMix64(seed: 2)
    return Cosigner(name: ForkedLog.name("witness.example/w"), key: .generate(using: &random))
  }()

  /// What the witness has seen: sizes and times.
  private static let seen: [Int: UInt64] = [7: 1_679_315_147, 256: 1, 300: UInt64(Int64.max)]

  /// The note of a head of the log itself, with what the witness says of it.
  private static func note(_ size: Int) -> [UInt8] {
    let log = ForkedLog.shared
    guard let seconds = seen[size] else { return log.notes[0][size] }
    return log.notes[0][size] + witness.signatureLine(for: log.heads[0][size], at: seconds)
  }

  /// Checkpoints with cosignatures.
  public static func checkpoints() -> FuzzTarget {
    let log = ForkedLog.shared
    let keys = [log.signer.verifierKey]
    return FuzzTarget(name: "checkpoints", seeds: [0, 1, 7, 99, 256, 300].map(note)) { bytes in
      guard let unverified = try? UnverifiedCheckpoint(bytes) else { return nil }
      if unverified.note.bytes != bytes { return "a note was read as other bytes" }
      if unverified.unchecked.text != unverified.note.text {
        return "a checkpoint is written in another way than it was read"
      }
      guard
        let head = try? unverified.verified(by: keys, cosigners: [witness.cosignerKey])
      else { return nil }
      guard isSigned(head) else { return "a head that nobody signed was believed" }
      for cosignature in head.cosignatures
      where seen[Int(head.size)] != cosignature.seconds || !isOfTheLog(head) {
        return "a cosignature that nobody made was believed"
      }
      return nil
    }
  }

  /// Proof files.
  public static func proofFiles() -> FuzzTarget {
    let log = ForkedLog.shared
    let keys = [log.signer.verifierKey]
    let seeds = [(0, 1), (5, 7), (64, 99), (255, 256), (17, 300)].flatMap { index, size in
      [nil, [], log.entries[0][index]].compactMap { extra in
        let proof = log.trees[0].inclusionProof(of: UInt64(index), in: UInt64(size))
        return (try? UnverifiedCheckpoint(note(size))).map {
          UnverifiedProofFile(extra: extra, proof: proof, checkpoint: $0).bytes
        }
      }
    }
    return FuzzTarget(name: "proof-files", seeds: seeds) { bytes in
      guard let file = try? UnverifiedProofFile(bytes) else { return nil }
      if file.bytes != bytes { return "a proof file is written in another way than it was read" }
      let index = file.proof.index
      // An honest reader brings the entry; a lying prover may choose the place.
      for entry in [0, 5, 17, 64, 255, 299] {
        guard
          let proven = try? file.verified(
            entry: log.entries[0][entry], by: keys, cosigners: [witness.cosignerKey])
        else { continue }
        let isThere = index == UInt64(entry) && index < proven.checkpoint.size
        if !isThere || !isSigned(proven.checkpoint) { return "an untrue proof file was believed" }
      }
      return nil
    }
  }

  private static func isSigned(_ head: VerifiedCheckpoint) -> Bool {
    guard head.size <= UInt64(ForkedLog.size) else { return false }
    return ForkedLog.shared.heads.contains { $0[Int(head.size)].checkpoint == head.checkpoint }
  }

  private static func isOfTheLog(_ head: VerifiedCheckpoint) -> Bool {
    ForkedLog.shared.heads[0][Int(head.size)].checkpoint == head.checkpoint
  }
}

/// Keys, paths and bundles: each has one spelling.
public enum TextFuzzing {
  /// The first byte chooses the form.
  public static func target() -> FuzzTarget {
    let log = ForkedLog.shared
    let key = log.signer.verifierKey
    let cosigner = CosignerKey(name: key.name, publicKey: key.publicKey)
    let bundle = (try? EntryBundle.encode(Array(log.entries[0][..<4]))) ?? []
    let seeds: [[UInt8]] = [
      [0] + Array(key.description.utf8), [1] + Array(cosigner.description.utf8),
      [2] + Array("tile/0/x001/x234/067".utf8), [2] + Array("tile/1/999.p/255".utf8),
      [2] + Array("tile/entries/x018/x446/x744/x073/x709/x551/615.p/1".utf8),
      [3, 4] + bundle, [4] + Array("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".utf8),
      [5] + Array("-_8".utf8), [6] + Array("example.org/log".utf8),
    ]
    return FuzzTarget(name: "texts", seeds: seeds) { bytes in
      let text = Array(bytes.dropFirst())
      switch bytes.first {
      case 0:
        guard let read = try? VerifierKey(bytes: text) else { return nil }
        return read.description.utf8.elementsEqual(text) ? nil : "a vkey has two spellings"
      case 1:
        guard let read = try? CosignerKey(bytes: text) else { return nil }
        return read.description.utf8.elementsEqual(text) ? nil : "a vkey has two spellings"
      case 2:
        guard let string = String(validating: text, as: UTF8.self),
          let read = Tile(path: string)
        else { return nil }
        return read.path.utf8.elementsEqual(text) ? nil : "a path has two spellings"
      case 3:
        let width = Int(text.first ?? 0)
        guard width > 0,
          let read = try? EntryBundle.decode(Array(text.dropFirst()), width: width)
        else { return nil }
        let again = try? EntryBundle.encode(read)
        return again == Array(text.dropFirst()) ? nil : "a bundle has two spellings"
      case 4, 5:
        let form: Base64.Form = bytes[0] == 4 ? .standard : .url
        guard let read = try? Base64.decode(text, as: form) else { return nil }
        return Base64.string(read, as: form).utf8.elementsEqual(text)
          ? nil : "base64 has two spellings"
      default:
        guard let read = try? KeyName(bytes: text) else { return nil }
        return read.bytes == text ? nil : "a name was read as other bytes"
      }
    }
  }
}

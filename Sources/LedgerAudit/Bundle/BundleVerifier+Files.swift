// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

// Files against the list of their digests, and lists of artifacts against what events say.

extension BundleVerifier {
  /// The longest list of digests: some 600,000 files.
  static let sumsLimit = 1 << 26
  /// The longest artifacts.json.
  static let listsLimit = 1 << 28

  func checkSums(_ key: VerifierKey?) throws {
    guard files.has("SHA256SUMS") else {
      let others = ["SHA256SUMS.note", "artifacts.json", "report.json"]
      if isWhole || others.contains(where: { files.has($0) }) {
        throw BundleFault(.bundleSums, "SHA256SUMS is missing")
      }
      return skip("other files of this folder: there is no SHA256SUMS")
    }
    let text = try files.read("SHA256SUMS", limit: BundleVerifier.sumsLimit)
    var listed: Set<Text> = ["SHA256SUMS", "SHA256SUMS.note"]
    var number = 0
    for line in text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      number += 1
      guard let (digest, name) = BundleVerifier.entry(line), listed.insert(Text(name)).inserted
      else {
        find(
          .bundleSums, nil,
          "SHA256SUMS, line \(number): no digest, no path inside this folder, or a second time")
        continue
      }
      let isSame = files.has(name) && (try? files.digest(of: name)) == digest
      if !isSame {
        find(.bundleSums, nil, "\(name) is not here, or not the file that SHA256SUMS lists")
      }
      verdict.files += 1
      if verdict.files & 255 == 0 {
        tell(.progress("verifying files", done: verdict.files, of: UInt64(files.files.count)))
      }
    }
    if text.last != 0x0A { find(.bundleSums, nil, "SHA256SUMS is cut off") }
    for name in files.files.subtracting(listed).sorted(by: { $0.string < $1.string }) {
      find(.bundleSums, nil, "\(name.string) is not in SHA256SUMS")
    }
    try checkNote(of: text, key)
  }

  private func checkNote(of text: [UInt8], _ key: VerifierKey?) throws {
    guard files.has("SHA256SUMS.note") else {
      return skip("who vouches for report, README and lists: SHA256SUMS is not signed")
    }
    let limit = BundleVerifier.sumsLimit + (1 << 16)
    let bytes = try files.read("SHA256SUMS.note", limit: limit)
    let wrong = "SHA256SUMS.note is not SHA256SUMS, signed by the key of the checkpoint"
    do throws(NoteError) {
      let note = try UnverifiedNote(bytes, byteLimit: limit)
      if note.text != text { find(.bundleSums, nil, wrong) }
      if let key { _ = try note.verified(by: [key]) }
    } catch {
      throw BundleFault(.bundleSums, "\(wrong) (\(error))")
    }
  }

  /// A line `<64 hexadecimal digits>  <path>`; nil for anything else, and for paths that lead outside.
  private static func entry(_ line: ArraySlice<UInt8>) -> (MerkleHash, String)? {
    guard line.count > 66, line.dropFirst(64).prefix(2).elementsEqual([0x20, 0x20]),
      let digits = String(validating: line.prefix(64), as: UTF8.self),
      let digest = MerkleHash(hex: digits),
      let name = String(validating: line.dropFirst(66), as: UTF8.self), isInside(name),
      !name.utf8.contains(0x5C)
    else { return nil }
    return (digest, name)
  }

  private static func isInside(_ path: String) -> Bool {
    !path.utf8.contains(0)
      && path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && !$0.elementsEqual([0x2E]) && !$0.elementsEqual([0x2E, 0x2E])
      }
  }

  // MARK: Lists of artifacts

  func checkLists() throws {
    var here: Set<Digest> = []
    defer { tellAbsent(here) }
    guard files.has("artifacts.json") else { return }
    let bytes = try files.read("artifacts.json", limit: BundleVerifier.listsLimit)
    do throws(CodecError) {
      try bytes.withUnsafeBufferPointer { (raw) throws(CodecError) in
        let raw = UnsafeRawBufferPointer(raw)
        var reader = CanonicalReader(raw)
        try reader.members { (reader, name) throws(CodecError) in
          let start = reader.offset
          let value = try reader.value()
          let list = UnsafeRawBufferPointer(rebasing: raw[start..<reader.offset])
          check(value, list, of: name.string, &here)
        }
        try reader.finish()
      }
    } catch {
      throw BundleFault(.bundleList, "artifacts.json is no canonical JSON object: \(error)")
    }
  }

  private func check(
    _ value: JSONValue, _ bytes: UnsafeRawBufferPointer, of name: String, _ here: inout Set<Digest>
  ) {
    report.checked.artifacts += 1
    guard let digest = Digest(name), Digest(MerkleTree.sha256(bytes)) == digest else {
      return find(.bundleList, nil, "a list in artifacts.json is not that of \(name)")
    }
    here.insert(digest)
    var sum: UInt64 = 0
    var previous: String?
    for file in value.array ?? [] {
      guard let object = file.object, let size = object["bytes"]?.wholeNumber,
        object["digest"]?.text.flatMap({ Digest($0.string) }) != nil,
        let path = object["path"]?.text?.string, BundleVerifier.isInside(path),
        previous.map({ $0.utf8.lexicographicallyPrecedes(path.utf8) }) ?? true
      else {
        return find(
          .bundleList, nil, "the list \(name) is not sorted, or has an entry that is no file inside"
        )
      }
      (previous, sum) = (path, sum &+ size)
    }
    guard let said = events.lists[digest] else { return }
    if value.array.map({ UInt64($0.count) }) != said.count || sum != said.bytes {
      find(
        .bundleList, said.position,
        "event #\(said.position) says that the list \(name) has \(said.count) files of "
          + "\(said.bytes) bytes, and it has \(value.array?.count ?? 0) of \(sum)")
    }
  }

  private func tellAbsent(_ here: Set<Digest>) {
    let absent = events.lists.values.filter {
      !here.contains($0.digest) && events.erasures.artifacts[$0.digest] == nil
    }
    if let first = absent.min(by: { $0.position < $1.position }) {
      skip(
        "\(absent.count) lists of files that are not here, the first of them of event "
          + "#\(first.position)")
    }
    if !events.lists.isEmpty {
      skip("the bytes of artifacts: hash them, and compare with the list")
    }
  }
}

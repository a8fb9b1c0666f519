// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// Changed bundles, most of them by somebody who has the ledger's key and lists the digests anew.
@Suite struct BundleForgeryTests {
  private static func lines(_ files: [String: [UInt8]]) -> [[UInt8]] {
    (files["events.jsonl"] ?? []).split(separator: 0x0A).map { Array($0) + [0x0A] }
  }

  private static func position(_ line: [UInt8]) throws -> UInt64 {
    try EventCodec.decode(try FullForm.split(Array(line.dropLast())).leaf).position.value
  }

  @Test func `a whole ledger with events changed, cut, turned round or twice is found`() throws {
    let site = try BundleSite()
    let (path, _) = try site.make("whole")
    let (key, signer) = (try site.key(), try Bundles.signer(site.path))
    let whole = Bundles.files(path)
    let lines = Self.lines(whole)
    func with(_ changed: [[UInt8]]) -> [String: [UInt8]] {
      whole.merging(["events.jsonl": Array(changed.joined())]) { $1 }
    }
    func bent(_ name: String) throws -> [String: [UInt8]] {
      var bytes = try #require(whole[name])
      bytes[bytes.count / 2] ^= 1
      return whole.merging([name: bytes]) { $1 }
    }
    func replaced(_ old: String, _ new: String) throws -> [String: [UInt8]] {
      let text = String(decoding: whole["events.jsonl"] ?? [], as: UTF8.self)
      let range = try #require(text.firstRange(of: old))
      return whole.merging(["events.jsonl": Array(text.replacingCharacters(range, new).utf8)]) {
        $1
      }
    }
    var turned = lines
    turned.swapAt(5, 6)
    let cases: [(Finding.Code, String, [String: [UInt8]])] = [
      (.textAltered, "text", try replaced("metrics hold", "metrics Hold")),
      (.root, "root", try replaced("\"kind\":\"training\"", "\"kind\":\"evaluation\"")),
      (.root, "root", with(Array(lines.dropLast()))),
      (.root, "root", with(Array(lines.dropFirst()))),
      (.root, "root", with(lines + [lines[lines.count - 1]])),
      (.leafMisplaced, "position", with(turned)),
      (.leafMisplaced, "position", with(Array(lines[..<9] + lines[10...]))),
      (.leafMisplaced, "position", with(Array(lines[...5] + lines[5...]))),
      (.bundleEvent, "json", with(lines + [Array("no event\n".utf8)])),
      (.bundleEvent, "event", with(lines + [Array("{}\n".utf8)])),
      (
        .bundleFile, "file",
        whole.merging(
          ["events.jsonl": Array(lines.joined().dropLast())]) { $1 }
      ),
      (.bundleTile, "tile", try bent("tile/0/000.p/\(lines.count)")),
      (.bundleTile, "tile", try bent("tile/entries/000.p/\(lines.count)")),
      (.bundleTile, "tile", whole.merging(["tile/1/000": []]) { $1 }),
      (.bundleList, "artifacts", try bentList(whole)),
      (.checkpointSignature, "bad-signature", try otherRoot(whole)),
    ]
    for (code, other, files) in cases {
      let folder = try #require(site.house).folder.file("forged")
      try Bundles.write(files, to: folder, signer: signer)
      try Bundles.expectFound(folder, key: key, code, other)
    }
  }

  private func bentList(_ files: [String: [UInt8]]) throws -> [String: [UInt8]] {
    let text = String(decoding: files["artifacts.json"] ?? [], as: UTF8.self)
    let range = try #require(text.firstRange(of: "weights.bin"))
    return files.merging(
      ["artifacts.json": Array(text.replacingCharacters(range, "Weights.bin").utf8)]) { $1 }
  }

  private func otherRoot(_ files: [String: [UInt8]]) throws -> [String: [UInt8]] {
    var lines = try #require(files["checkpoint"]).split(
      separator: 0x0A, omittingEmptySubsequences: false
    ).map { Array($0) }
    lines[2][0] = lines[2][0] == 0x41 ? 0x42 : 0x41
    return files.merging(["checkpoint": Array(lines.joined(separator: [0x0A]))]) { $1 }
  }

  @Test func `a part without a revision, with one twice, or with another's proof is found`() throws
  {
    let site = try BundleSite()
    let (path, _) = try site.make("part") { $0.subject = Scenario.model }
    let (key, signer) = (try site.key(), try Bundles.signer(site.path))
    let part = Bundles.files(path)
    let lines = Self.lines(part)
    let middle = lines.count / 2
    let (at, next) = (try Self.position(lines[middle]), try Self.position(lines[middle + 1]))
    func with(_ changed: [[UInt8]], _ proofs: [String: [UInt8]?] = [:]) -> [String: [UInt8]] {
      var files = part.merging(["events.jsonl": Array(changed.joined())]) { $1 }
      for (name, bytes) in proofs { files[name] = bytes }
      return files
    }
    let proof = "proofs/\(at).tlog-proof"
    let other = part["proofs/\(next).tlog-proof"]
    var turned = lines
    turned.swapAt(middle, middle + 1)
    var without = lines
    without.remove(at: middle)
    var bent = try #require(part[proof])
    let index = try #require(
      bent.firstIndex(of: 0x0A).map { bent[($0 + 1)...].firstIndex(of: 0x0A)! })
    bent[index + 3] = bent[index + 3] == 0x41 ? 0x42 : 0x41
    let cases: [(Finding.Code, String, [String: [UInt8]])] = [
      // Left out whole: the revisions around it say so.
      (.revision, "revision", with(without, [proof: nil])),
      (.bundleProof, "proof", with(without)),
      (.bundleProof, "proof", with(lines, [proof: nil])),
      (.bundleProof, "proof", with(lines, [proof: other])),
      (.bundleProof, "proof", with(lines, [proof: bent])),
      (.bundleProof, "proof", with(lines, ["proofs/again.tlog-proof": part[proof]])),
      (.bundleProof, "proof", with([])),
      (.leafMisplaced, "position", with(turned)),
      (.bundleProof, "position", with(Array(lines[...middle] + lines[middle...]))),
    ]
    for (number, (code, otherCode, files)) in cases.enumerated() {
      let folder = try #require(site.house).folder.file("forged")
      try Bundles.write(files, to: folder, signer: signer)
      let report = try Bundles.verify(folder, key: key)
      #expect(codes(report).contains(code.rawValue), "case \(number): \(report.findings)")
      let independent = try Bundles.independently(folder, "--key", "\(key)")
      // The other one calls a second event of the same proof a wrong position or a missing proof.
      #expect(
        independent.exit == 2 && independent.codes.contains(otherCode),
        "case \(number): \(independent)")
    }
  }

  @Test func `a bundle of another ledger, a cut one, and what is no bundle are found`() throws {
    let (site, other) = (try BundleSite(), try BundleSite())
    let (path, _) = try site.make("whole")
    let strange = try other.key()
    #expect(codes(try Bundles.verify(path, key: strange)) == ["checkpoint-signature"])
    #expect(try Bundles.independently(path, "--key", "\(strange)").exit == 2)
    let fingerprint = strange.publicKey.fingerprint
    var options = BundleVerifier.Options()
    options.key = BundleVerifier.TrustedKey(fingerprint)
    #expect(codes(BundleVerifier.verify(path, options: options)) == ["bundle-key"])
    options.key = BundleVerifier.TrustedKey(try site.key().publicKey.fingerprint)
    #expect(BundleVerifier.verify(path, options: options).isOK)
    // Without anything of one's own it is consistent, and no more.
    let alone = try Bundles.verify(path)
    #expect(alone.findings == [] && !alone.isOK && alone.bundle?.isTrusted == false)
    #expect(
      try Bundles.independently(path).verdict == "consistent, signed by an unknown key")

    let whole = Bundles.files(path)
    let folder = try #require(site.house).folder.file("less")
    for name in whole.keys.sorted() where name != "SHA256SUMS.note" {
      try Bundles.write(whole.filter { $0.key != name }, to: folder, signer: nil)
      let report = try Bundles.verify(folder, key: try site.key())
      #expect(!report.isOK && !report.findings.isEmpty, "\(name)")
    }
    try Bundles.write([:], to: folder, signer: nil)
    #expect(codes(try Bundles.verify(folder)) == ["bundle-file"])
    #expect(!BundleVerifier.isFolder(folder + "/nowhere"))
  }

  @Test func `links and special files are told and not followed`() throws {
    let site = try BundleSite()
    let (path, _) = try site.make("part") { $0.subject = Scenario.model }
    let key = try site.key()
    let folder = try #require(site.house).folder
    for make: (String) -> Void in [
      { symlink("/etc/hostname", $0) }, { mkfifo($0, 0o600) }, { symlink(folder.path, $0) },
      { symlink("nowhere", $0) },
    ] {
      make("\(path)/extra")
      #expect(codes(try Bundles.verify(path, key: key)) == ["bundle-file"])
      unlink("\(path)/extra")
    }
    #expect(try Bundles.verify(path, key: key).isOK)
    for name in ["checkpoint", "events.jsonl", "SHA256SUMS", "proofs/0.tlog-proof"] {
      let outside = folder.file("outside")
      rename("\(path)/\(name)", outside)
      symlink(outside, "\(path)/\(name)")
      #expect(codes(try Bundles.verify(path, key: key)).contains("bundle-file"), "\(name)")
      unlink("\(path)/\(name)")
      rename(outside, "\(path)/\(name)")
    }
    // A name that is no text, and one that leads to nothing.
    let strange = open(path + "/\u{1B}[31m", O_CREAT | O_WRONLY, 0o600)
    close(strange)
    #expect(codes(try Bundles.verify(path, key: key)) == ["bundle-sums"])
  }

  @Test func `what has no signed list of digests is verified as far as the checkpoint goes`() throws
  {
    let site = try BundleSite()
    site.house?.ledger.close()
    let secret = site.path + "/keys/log"
    rename(secret, site.path + "/../away")
    let (path, summary) = try site.make("whole")
    rename(site.path + "/../away", secret)
    #expect(summary.whyUnsigned != nil)
    let files = Bundles.files(path)
    #expect(files["SHA256SUMS.note"] == nil)
    #expect(files["README.txt"]?.holds(Array("is NOT signed".utf8)) == true)
    let key = try site.key()
    try Bundles.expectSound(path, key: key)
    #expect(
      try Bundles.verify(path, key: key).bundle?.notChecked.contains {
        $0.contains("SHA256SUMS is not signed")
      } == true)
    // Somebody else's key signs nothing for this ledger.
    let wrong = NoteSigner(
      name: key.name, key: try SigningKey(rawRepresentation: [UInt8](repeating: 9, count: 32)))
    try Bundles.write(files, to: path, signer: wrong)
    try Bundles.expectFound(path, key: key, .bundleSums, "sums")
  }
}

extension String {
  /// The text with a stretch of it replaced.
  func replacingCharacters(_ range: Range<Index>, _ new: String) -> String {
    String(self[..<range.lowerBound]) + new + self[range.upperBound...]
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

/// Up to which checkpoint the past that a bundle tells of is known good, and by what.
@Suite struct BundleTrustTests {
  @Test func `a whole ledger is known good as far as a key or a kept checkpoint vouches for it`()
    throws
  {
    let site = try BundleSite()
    let (path, summary) = try site.make("whole")
    let key = try site.key()
    let early = LedgerSize(try UnverifiedCheckpoint(site.early).unchecked.size)
    #expect(try Bundles.verify(path, key: key).knownGood == summary.size)
    #expect(try Bundles.verify(path).knownGood == nil)
    #expect(try Bundles.verify(path, against: site.early).knownGood == early)
    #expect(try Bundles.verify(path, key: key, against: site.early).knownGood == summary.size)

    var lines = try #require(Bundles.files(path)["events.jsonl"]).split(separator: 0x0A)
    let forged = try #require(site.house).folder.file("forged")
    func verify(without line: Int) throws -> AuditReport {
      var files = Bundles.files(path)
      files["events.jsonl"] = Array(
        lines[..<line].joined(separator: [0x0A]) + [0x0A]
          + lines[(line + 1)...].flatMap { Array($0) + [0x0A] })
      try Bundles.write(files, to: forged, signer: nil)
      return try Bundles.verify(forged, key: key, against: site.early)
    }
    // What came after the kept checkpoint was changed, and that before it was not.
    let late = try verify(without: lines.count - 1)
    #expect(!late.isOK && late.knownGood == early, "\(late.findings)")
    let first = try verify(without: 3)
    #expect(!first.isOK && first.knownGood == nil, "\(first.findings)")
    // Words are beside the tree: that they are wrong takes nothing from what was signed.
    let text = try #require(lines.firstIndex { Array($0).holds(Array("metrics hold".utf8)) })
    lines[text] =
      Array(
        String(decoding: lines[text], as: UTF8.self).replacing("metrics hold", with: "metrics Hold")
          .utf8)[...]
    var files = Bundles.files(path)
    files["events.jsonl"] = lines.flatMap { Array($0) + [0x0A] }
    try Bundles.write(files, to: forged, signer: nil)
    let worded = try Bundles.verify(forged, key: key)
    #expect(codes(worded).contains("text-altered") && worded.knownGood == summary.size)
  }

  @Test func `a checkpoint that is given is the bundle's, also the last one with more signatures`()
    throws
  {
    let site = try BundleSite()
    let last = try #require(Bundles.files(try site.make("whole").path)["checkpoint"])
    let cosigned = last + Array("— witness.example/w AAAAAAAAAAAAAAAA\n".utf8)
    let (path, summary) = try site.make("cosigned") { $0.checkpoint = cosigned }
    #expect(Bundles.files(path)["checkpoint"] == cosigned)
    #expect(try Bundles.verify(path, key: site.key()).knownGood == summary.size)
    // Of the same size, by the same key, and of another history.
    let fork = try Checkpoint(
      origin: KeyName(summary.origin), size: summary.size.value, root: MerkleTree.emptyRoot
    ).signed(by: Bundles.signer(site.path))
    #expect(throws: BundleFailure.otherHistory(summary.size)) {
      try site.make("fork") { $0.checkpoint = fork }
    }
  }

  @Test func `a part is known good where each of its events is proved`() throws {
    let site = try BundleSite()
    let (path, summary) = try site.make("part") { $0.subject = Scenario.model }
    let key = try site.key()
    let report = try Bundles.verify(path, key: key)
    #expect(report.knownGood == summary.size)
    #expect(AuditReport(json: report.json())?.knownGood == summary.size)
    #expect(try Bundles.verify(path).knownGood == nil)
    var files = Bundles.files(path)
    let proof = try #require(files.keys.filter { $0.hasPrefix("proofs/") }.max())
    files[proof] = nil
    let forged = try #require(site.house).folder.file("forged")
    try Bundles.write(files, to: forged, signer: nil)
    let unproved = try Bundles.verify(forged, key: key)
    #expect(codes(unproved).contains("bundle-proof") && unproved.knownGood == nil)
  }
}

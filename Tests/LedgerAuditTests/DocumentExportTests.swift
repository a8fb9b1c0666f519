// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerSQLite
import LedgerStorage
import LedgerTestSupport
import Testing

/// Forms that others read as a whole: provenance, statements, bills of materials, a database.
@Suite struct DocumentExportTests {
  private static func count(_ events: [Event], _ isMeant: (Event) -> Bool) -> UInt64 {
    UInt64(events.filter(isMeant).count)
  }

  private static func isJob(_ event: Event) -> Bool {
    if case .jobCreated = event.fact { true } else { false }
  }
  private static func isVersion(_ event: Event) -> Bool {
    switch event.fact {
    case .versionTrained, .versionImported: true
    default: false
    }
  }
  private static func isEvaluation(_ event: Event) -> Bool {
    if case .versionEvaluated = event.fact { true } else { false }
  }
  private static func isDecision(_ event: Event) -> Bool {
    switch event.fact {
    case .versionApproved, .versionRejected: true
    default: false
    }
  }
  private static func isDeployment(_ event: Event) -> Bool {
    if case .versionDeployed = event.fact { true } else { false }
  }

  // MARK: PROV

  private static let prov = """
    import json, sys
    from prov.model import ProvDocument, ProvRelation
    document = ProvDocument.deserialize(content=sys.stdin.buffer.read(), format="json")
    things, counts, kinds, loose = {str(r.identifier) for r in document.records if not isinstance(r, ProvRelation)}, {}, {}, []
    for r in document.records:
        kind = r.get_type().localpart
        counts[kind] = counts.get(kind, 0) + 1
        if isinstance(r, ProvRelation):
            for _, value in r.formal_attributes:
                if hasattr(value, "localpart") and str(value) not in things: loose.append(str(r))
        else:
            prefix = str(r.identifier).split(":")[0]
            kinds[prefix] = kinds.get(prefix, 0) + 1
    assert ProvDocument.deserialize(content=document.serialize(format="json"), format="json") == document
    print(json.dumps({"counts": counts, "kinds": kinds, "loose": loose}))
    """

  @Test func `provenance is read back, every relation between things that are in it`() throws {
    let site = try ExportSite()
    var readers = [site.reader]
    let stores = try (UInt64(750)..<752).map {
      try Store(HistoryGenerator.history(seed: $0, length: 900))
    }
    readers += stores.compactMap { $0.ledger?.reader }
    #expect(readers.count == 3)
    for reader in readers {
      let events = try Exports.events(reader)
      let said = try #require(
        try Exports.asking(Self.prov, try Exports.prov(reader)).object)
      let kinds = try #require(said["kinds"]?.object)
      // A store leaves rotations out, so what its events say of positions is of a longer log.
      if reader === site.reader { #expect(said["loose"] == .array([])) }
      #expect(kinds["job"]?.whole == Self.count(events, Self.isJob))
      #expect(kinds["version"]?.whole == Self.count(events, Self.isVersion))
      #expect(kinds["evaluation"]?.whole == Self.count(events, Self.isEvaluation))
      #expect(kinds["decision"]?.whole == Self.count(events, Self.isDecision))
      #expect(kinds["deployment"]?.whole == Self.count(events, Self.isDeployment))
      #expect((said["counts"]?.object?["Communication"]?.whole ?? 0) > 0)
      #expect(
        (said["counts"]?.object?["Association"]?.whole ?? 0)
          >= Self.count(events, Self.isJob))
    }
    let part = try Exports.prov(site.reader, about: Scenario.model)
    let said = try #require(try Exports.asking(Self.prov, part).object)
    #expect((said["kinds"]?.object?["version"]?.whole ?? 0) == 3)
    #expect(said["loose"] == .array([]))
  }

  // MARK: in-toto

  private static let inToto = """
    import base64, json, sys
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    lines = sys.stdin.buffer.read().split(b"\\n")
    key = base64.b64decode(lines[0].split(b"+", 2)[2])
    assert key[0] == 1
    key, counts, names = Ed25519PublicKey.from_public_bytes(key[1:]), {}, []
    for line in lines[1:]:
        if not line: continue
        envelope = json.loads(line)
        kind, body = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"], validate=True)
        assert kind == b"application/vnd.in-toto+json" and len(envelope["signatures"]) == 1
        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
        key.verify(base64.b64decode(envelope["signatures"][0]["sig"], validate=True), pae)
        s = json.loads(body)
        assert s["_type"] == "https://in-toto.io/Statement/v1" and s["subject"]
        for subject in s["subject"]:
            assert len(bytes.fromhex(subject["digest"]["sha256"])) == 32
            names.append(subject["name"])
        if s["predicateType"] == "https://slsa.dev/provenance/v1":
            b, r = s["predicate"]["buildDefinition"], s["predicate"]["runDetails"]
            assert b["buildType"] and "externalParameters" in b and r["builder"]["id"]
            assert all("digest" in d or "uri" in d for d in b["resolvedDependencies"])
        counts[s["predicateType"]] = counts.get(s["predicateType"], 0) + 1
    print(json.dumps({"counts": counts, "names": sorted(set(names))}))
    """

  @Test func `statements are signed by the ledger's key, over the files of the version`() throws {
    let site = try ExportSite()
    let store = try Store(HistoryGenerator.history(seed: 760, length: 900))
    for reader in [site.reader, try #require(store.ledger?.reader)] {
      let events = try Exports.events(reader)
      let bytes = try Exports.Growing.inToto.bytes(reader, through: try Exports.size(reader))
      let said = try #require(
        try Exports.asking(Self.inToto, Array(reader.identity.vkey.utf8) + [0x0A] + bytes).object)
      let counts = try #require(said["counts"]?.object)
      #expect(
        counts["https://slsa.dev/provenance/v1"]?.whole == Self.count(events, Self.isVersion))
      #expect(
        counts["urn:jobledger:evaluation:v1"]?.whole == Self.count(events, Self.isEvaluation))
      #expect(counts["urn:jobledger:decision:v1"]?.whole == Self.count(events, Self.isDecision))
      if reader === site.reader {
        let names = said["names"]?.array?.compactMap { $0.text?.string } ?? []
        #expect(ExportSite.files.allSatisfy(names.contains))
      }
    }
  }

  @Test func `without the key nothing is signed, and nothing is written`() throws {
    let site = try ExportSite()
    let path = site.house.ledger.directory.logKeyFile
    #expect(rename(path, path + ".away") == 0)
    var bytes: [UInt8] = []
    #expect(throws: AttestationFailure.self) {
      try InTotoExporter.export(site.reader, through: LedgerSize(5), tool: "test/1") {
        bytes += $0
      }
    }
    #expect(bytes.isEmpty)
  }

  // MARK: CycloneDX

  @Test func `a bill of materials is valid, with files, data, metrics and the decision`() throws {
    let site = try ExportSite()
    let size = LedgerSize(try Exports.size(site.reader))
    let script = """
      import json, sys
      from cyclonedx.schema import SchemaVersion
      from cyclonedx.validation.json import JsonStrictValidator
      text = sys.stdin.buffer.read().decode()
      error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
      assert error is None, error
      bom = json.loads(text)
      refs = [c["bom-ref"] for c in bom["components"]]
      card = bom["metadata"]["component"]["modelCard"]
      assert len(refs) == len(set(refs))
      assert {d["ref"] for d in card["modelParameters"].get("datasets", [])} <= set(refs)
      assert set(bom["dependencies"][0].get("dependsOn", [])) == set(refs)
      print(json.dumps({
          "files": [c["name"] for c in bom["components"] if c["type"] == "file"],
          "data": [c["name"] for c in bom["components"] if c["type"] == "data"],
          "metrics": [m["type"] for m in card["quantitativeAnalysis"]["performanceMetrics"]],
          "reasons": [p["value"] for p in card["properties"] if p["name"] == "jobledger:decision.reason"]}))
      """
    for number in UInt32(1)...4 where number != 3 {
      let bytes = try #require(
        try CycloneDXExporter.export(
          Scenario.version(number), asOf: size, of: site.reader, tool: "1"))
      let said = try #require(try Exports.asking(script, bytes).object)
      func texts(_ name: Text) -> [String] {
        said[name]?.array?.compactMap { $0.text?.string } ?? []
      }
      #expect(texts("metrics") == ["accuracy", "auc"])
      #expect(texts("reasons").count == 1)
      if number == 4 {
        #expect(texts("files") == ExportSite.files)
        #expect(texts("data") == ["lake", "train", "evaluation #\(try evaluation(site))"])
        #expect(said["reasons"] == .array([.string(ExportSite.reason)]))
      }
    }
    #expect(
      try CycloneDXExporter.export(
        Scenario.version(9), asOf: size, of: site.reader, tool: "1") == nil)
  }

  private func evaluation(_ site: ExportSite) throws -> UInt64 {
    try #require(try Exports.events(site.reader).last(where: Self.isEvaluation)).position.value
  }

  // MARK: SQLite

  @Test func `a database has every event and thing, and opens in Datasette`() throws {
    let site = try ExportSite()
    let store = try Store(HistoryGenerator.history(seed: 770, length: 900))
    let folder = TemporaryFolder()
    for reader in [site.reader, try #require(store.ledger?.reader)] {
      let path = folder.file("ledger.db")
      let events = try Exports.events(reader)
      let file = try ReplacingFile(path)
      _ = try SQLiteExporter.export(
        reader, through: LedgerSize(UInt64(events.count)), to: file.beside, tool: "1")
      try file.finish()
      let said = try #require(
        try Exports.asking(
          """
          import json, sqlite3, subprocess, sys
          path = sys.stdin.read()
          base = sqlite3.connect(path)
          assert base.execute("pragma integrity_check").fetchone() == ("ok",)
          tables = [r[0] for r in base.execute("select name from sqlite_master where type = 'table'")]
          counts = {t: base.execute(f"select count(*) from {t}").fetchone()[0] for t in tables}
          run = lambda *words: subprocess.run([sys.executable, "-m", "datasette", *words],
                                              capture_output=True, check=True).stdout
          inspected = json.loads(run("inspect", path))["ledger"]["tables"]
          assert {t: inspected[t]["count"] for t in tables} == counts
          page = json.loads(run(path, "--get", "/ledger/decisions.json?_shape=array"))
          assert len(page) == min(100, counts["decisions"])
          print(json.dumps({
              "counts": counts, "reasons": [r["reason"] for r in page],
              "meta": dict(base.execute("select key, value from meta")),
              "events": [r[0] for r in base.execute("select event from events order by position")]}))
          """, Array(path.utf8)
        ).object)
      let counts = try #require(said["counts"]?.object)
      #expect(counts["events"]?.whole == UInt64(events.count))
      #expect(counts["jobs"]?.whole == Self.count(events, Self.isJob))
      #expect(counts["evaluations"]?.whole == Self.count(events, Self.isEvaluation))
      #expect(counts["decisions"]?.whole == Self.count(events, Self.isDecision))
      #expect(counts["deployments"]?.whole == Self.count(events, Self.isDeployment))
      #expect(said["meta"]?.object?["size"]?.text?.string == "\(events.count)")
      let lines = try Exports.Growing.jsonl.bytes(reader, through: UInt64(events.count))
      let stored = said["events"]?.array?.compactMap { $0.text.map { Array($0.string.utf8) } }
      #expect(stored == lines.split(separator: 0x0A).map(Array.init))
      let state = try reader.withSnapshot { snapshot in
        var documents = Documents(snapshot, asOf: snapshot.size, directory: reader.directory)
        return try documents.state()
      }
      #expect(counts["versions"]?.whole == UInt64(state.versions.count))
      #expect(counts["members"]?.whole == UInt64(state.members.count))
      #expect(counts["schedules"]?.whole == UInt64(state.schedules.count))
      #expect(counts["subjects"]?.whole == UInt64(state.subjects.count))
      #expect(counts["policy"]?.whole == 1)
      if reader === site.reader {
        #expect(counts["artifacts"]?.whole == 2)
        #expect(said["reasons"]?.array?.contains(.string(ExportSite.reason)) == true)
      }
    }
  }

  // MARK: Erased words

  @Test func `erased words are gone from every form, and said to be`() throws {
    let site = try ExportSite()
    let folder = TemporaryFolder()
    let secret = Array("DROP TABLE".utf8)
    func forms() throws -> [String: [UInt8]] {
      let size = try Exports.size(site.reader)
      var forms: [String: [UInt8]] = [:]
      for form in Exports.Growing.allCases {
        forms["\(form)"] = try form.bytes(site.reader, through: size)
      }
      forms["inToto"] = try #require(forms["inToto"]).split(separator: 0x0A).flatMap { line in
        let payload = try CanonicalJSON.decode(Array(line)).object?["payload"]?.text?.string
        return Base64.standard.decode(payload ?? "") ?? []
      }
      forms["prov"] = try Exports.prov(site.reader)
      forms["cyclonedx"] = try CycloneDXExporter.export(
        Scenario.version(4), asOf: LedgerSize(size), of: site.reader, tool: "1")
      let file = try ReplacingFile(folder.file("ledger.db"))
      _ = try SQLiteExporter.export(
        site.reader, through: LedgerSize(size), to: file.beside, tool: "1")
      try file.finish()
      forms["sqlite"] = TemporaryFolder.read(folder.file("ledger.db"))
      #expect(forms.count == 7)
      return forms
    }
    for (name, bytes) in try forms() where name != "openLineage" {
      #expect(bytes.firstRange(of: secret) != nil, "\(name)")
    }
    let names = Array("data/train.csv".utf8)
    #expect(try forms()["openLineage"]?.firstRange(of: names) != nil)
    try site.erase { event in
      switch event.fact {
      case .versionApproved: true
      case .jobCreated(let request): request.kind == .training
      default: false
      }
    }
    for (name, bytes) in try forms() {
      #expect(bytes.firstRange(of: secret) == nil, "\(name)")
      #expect(bytes.firstRange(of: names) == nil, "\(name)")
      #expect(bytes.firstRange(of: Array("erased".utf8)) != nil, "\(name)")
    }
  }
}

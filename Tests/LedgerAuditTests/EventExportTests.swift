// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing

/// Forms that are made an event at a time.
@Suite struct EventExportTests {
  @Test(arguments: Exports.Growing.allCases)
  func `exports one after the other are one export`(_ form: Exports.Growing) throws {
    let store = try Store(HistoryGenerator.history(seed: 720, length: 600))
    let reader = try #require(store.ledger?.reader)
    let size = try Exports.size(reader)
    let whole = try form.bytes(reader, through: size)
    #expect(!whole.isEmpty)
    for cut in [0, 1, 3, 255, 256, 257, size - 1, size] {
      let parts =
        try form.bytes(reader, through: cut) + form.bytes(reader, since: cut, through: size)
      #expect(parts == whole, "\(form), cut at \(cut)")
    }
    #expect(throws: ReadingError.self) { _ = try form.bytes(reader, through: size + 1) }
  }

  @Test(arguments: UInt64(730)..<733)
  func `each event is one CloudEvent that holds its full form`(seed: UInt64) throws {
    let store = try Store(HistoryGenerator.history(seed: seed, length: 500))
    let reader = try #require(store.ledger?.reader)
    let size = try Exports.size(reader)
    let plain = try Exports.lines(Exports.Growing.jsonl.bytes(reader, through: size))
    let bytes = try Exports.Growing.cloudEvents.bytes(reader, through: size)
    let lines = try Exports.lines(bytes)
    let events = try Exports.events(reader)
    #expect(lines.count == events.count)
    for (event, (line, full)) in zip(events, zip(lines, plain)) {
      let position = "\(event.position.value)"
      #expect(line["data"] == .object(full))
      #expect(line["id"]?.text?.string == position)
      #expect(
        line["sequence"]?.text?.string == String(repeating: "0", count: 20 - position.count)
          + position)
      #expect(line["type"]?.text?.string == "jobledger.\(EventType(event.fact).name)")
      #expect(line["time"]?.text?.string == event.time.description)
      let about =
        event.versionID?.description ?? event.subjectID?.description ?? event.job?.string
        ?? event.project?.string
      #expect(line["subject"]?.text?.string == about)
    }
    let said = try Exports.asking(
      """
      import json, re, sys
      from rfc3339_validator import validate_rfc3339
      from rfc3986_validator import validate_rfc3986
      count = 0
      for line in sys.stdin.buffer:
          event = json.loads(line)
          assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in event), list(event)
          assert event["specversion"] == "1.0" and event["datacontenttype"] == "application/json"
          assert validate_rfc3986(event["source"], rule="URI_reference"), event["source"]
          assert validate_rfc3339(event["time"]), event["time"]
          assert all(event[name] for name in event)
          count += 1
      print(count)
      """, bytes)
    #expect(said.whole == UInt64(events.count))
  }

  @Test func `run events are those of the jobs, and fit the published schema`() throws {
    let schemas = Fixture.path("schemas/openlineage")
    let script = """
      import json, pathlib, sys, uuid
      from jsonschema import Draft202012Validator, FormatChecker
      from referencing import Registry, Resource
      from openlineage.client.generated import base, error_message_run, job_type_job, nominal_time_run
      files = [json.loads(p.read_text()) for p in pathlib.Path("\(schemas)").glob("*.json")]
      registry = Registry().with_resources((f["$id"], Resource.from_contents(f)) for f in files)
      def valid(value, url):
          Draft202012Validator({"$ref": url}, registry=registry,
                               format_checker=FormatChecker()).validate(value)
      def facets(holder, key="facets"):
          for value in holder.get(key, {}).values():
              valid(value, value["_schemaURL"])
      runs, count = {}, 0
      for line in sys.stdin.buffer:
          e = json.loads(line)
          valid(e, e["schemaURL"])
          for holder in [e["run"], e["job"], *e["inputs"], *e["outputs"]]: facets(holder)
          for output in e["outputs"]: facets(output, "outputFacets")
          run = uuid.UUID(e["run"]["runId"])
          assert run.version == 8 and run.variant == uuid.RFC_4122, run
          if "errorMessage" in e["run"]["facets"]:
              f = e["run"]["facets"]["errorMessage"]
              error_message_run.ErrorMessageRunFacet(f["message"], f["programmingLanguage"])
          if "nominalTime" in e["run"]["facets"]:
              nominal_time_run.NominalTimeRunFacet(e["run"]["facets"]["nominalTime"]["nominalStartTime"])
          base.RunEvent(
              eventTime=e["eventTime"], producer=e["producer"],
              eventType=base.EventType(e["eventType"]), run=base.Run(e["run"]["runId"]),
              job=base.Job(e["job"]["namespace"], e["job"]["name"]),
              inputs=[base.InputDataset(d["namespace"], d["name"]) for d in e["inputs"]],
              outputs=[base.OutputDataset(d["namespace"], d["name"]) for d in e["outputs"]])
          runs.setdefault(str(run), []).append(e["eventType"])
          count += 1
      for types in runs.values():
          assert types[0] == "START" and len(types) < 3 and "START" not in types[1:], types
      print(json.dumps({"events": count, "runs": len(runs)}))
      """
    for seed in UInt64(740)..<743 {
      let store = try Store(HistoryGenerator.history(seed: seed, length: 900))
      let reader = try #require(store.ledger?.reader)
      let bytes = try Exports.Growing.openLineage.bytes(
        reader, through: try Exports.size(reader))
      try compare(try Exports.lines(bytes), with: try Exports.events(reader))
      let said = try #require(try Exports.asking(script, bytes).object)
      #expect(said["events"]?.whole == UInt64(try Exports.lines(bytes).count))
    }
    let site = try ExportSite()
    let bytes = try Exports.Growing.openLineage.bytes(
      site.reader, through: try Exports.size(site.reader))
    _ = try Exports.asking(script, bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("\"name\":\"churn/inputs/data/train.csv\""))
    #expect(text.contains("\"name\":\"2026/all.parquet\",\"namespace\":\"s3://lake\""))
    #expect(text.contains("\"datasetVersion\":\"\(Digest.test(80))\""))
  }

  /// Folds all events as plainly as can be: what starts, what ends, and how.
  private func compare(_ lines: [JSONObject], with events: [Event]) throws {
    var expected: [[String]] = []
    var started: Set<JobID> = []
    for event in events {
      guard let job = event.job else { continue }
      let end: String
      switch event.fact {
      case .jobStarted:
        started.insert(job)
        expected.append([job.string, "START", "\(event.position.value)"])
        continue
      case .jobCompleted: end = "COMPLETE"
      case .jobFailed: end = "FAIL"
      case .jobStopped, .jobLost: end = "ABORT"
      default: continue
      }
      if !started.contains(job) {
        let created = events.first {
          if case .jobCreated = $0.fact { $0.job == job } else { false }
        }
        expected.append([job.string, "START", "\(created?.position.value ?? 0)"])
      }
      expected.append([job.string, end, "\(event.position.value)"])
    }
    let found = try lines.map { line in
      let facets = try #require(line["run"]?.object?["facets"]?.object?["jobledger"]?.object)
      return [
        facets["job"]?.text?.string ?? "", line["eventType"]?.text?.string ?? "",
        "\(facets["position"]?.whole ?? 0)",
      ]
    }
    #expect(found == expected)
    #expect(expected.contains { $0[1] == "FAIL" } && expected.contains { $0[1] == "ABORT" })
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStorage
import LedgerTestSupport
import Testing
import Transparency

/// A house whose versions have files and whose jobs have data, and what exports make of ledgers.
final class ExportSite {
  let house: House

  /// What a reason holds that would be markup elsewhere.
  static let reason: Text = "metrics <b>hold</b>\n\"} ,{\u{202E}; DROP TABLE events; --"
  static let files = ["model.json", "weights/<i>.bin"]

  init() throws {
    house = try House()
    try house.live()
    let artifacts = try list(
      ExportSite.files.enumerated().map { index, name in
        [
          "path": .string(name), "bytes": .integer(10 + index),
          "digest": .string(Digest.test(UInt64(70 + index)).description),
        ]
      })
    let inputs = try list([
      [
        "name": .string("lake"), "undigested": .bool(true),
        "uri": .string("s3://lake/2026/all.parquet"),
      ],
      [
        "name": .string("train"), "path": .string("data/train.csv"), "bytes": .integer(5),
        "digest": .string(Digest.test(80).description),
      ],
    ])
    let training = try house.job(
      try house.ask(
        .olga,
        .createJob(
          CreateJob(
            project: .churn, subject: Scenario.modelReference,
            fact: JobCreated(
              kind: .training, inputs: ListDigest(count: 2, digest: inputs),
              code: ListDigest(count: 1, digest: .test(81)),
              commit: String(repeating: "b", count: 40), environmentDigest: .test(82)),
            manifestDigest: .test(1), runner: .test(),
            text: EventText([
              .command: .array([.string("python3"), .string("train.py")]),
              .inputs: .object(
                try object([
                  "lake": .string("s3://lake/2026/all.parquet"),
                  "train": .string("data/train.csv"),
                ])),
            ])))))
    try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: training, status: .completed, ending: JobEnding(exit: 0),
          result: .made(
            VersionMade(artifacts: FilesDigest(count: 2, bytes: 21, digest: artifacts)),
            text: EventText()))))
    let evaluation = try house.job(try house.ask(.olga, Scenario.job(.evaluation, number: 4)))
    try house.ask(
      .olga,
      .endJob(
        EndJob(
          job: evaluation, status: .completed, ending: JobEnding(exit: 0),
          result: .evaluated(
            VersionEvaluated(metrics: House.metrics, dataDigest: .test(90)),
            text: EventText([.procedure: .string("hold-out")])))))
    try house.ask(
      .bob, Scenario.decision(.approved, Scenario.version(4), reason: ExportSite.reason))
  }

  var reader: LedgerReader { house.ledger.reader }

  private func object(_ members: [String: JSONValue]) throws -> JSONObject {
    try #require(
      JSONObject(members.map { JSONObject.Member(name: Text($0.key), value: $0.value) }))
  }

  /// Writes a list as the runner does, and tells its digest.
  private func list(_ entries: [[String: JSONValue]]) throws -> Digest {
    let value = JSONValue.array(try entries.map { .object(try object($0)) })
    let bytes = try CanonicalJSON.encode(value)
    let digest = Digest(MerkleTree.sha256(bytes))
    house.blob(bytes, as: digest)
    return digest
  }

  /// Erases the words of the events that `isMeant` picks, when nothing forbids it any more.
  func erase(_ isMeant: (Event) -> Bool) throws {
    house.advance(seconds: 200 * 86_400)
    for event in try Exports.events(reader) where event.text != nil && isMeant(event) {
      try house.ask(
        .alice,
        .erase(
          Erase(
            items: [
              ErasureItem(
                .texts([PositionRange(from: event.position, to: event.position)]),
                project: event.project, subject: event.subject, number: event.number,
                parts: [
                  ErasureItem.Part(
                    project: event.project, subject: event.subjectID, version: event.versionID,
                    job: event.job)
                ], latest: event.time, count: 1)
            ], basis: .secret, reason: "it named somebody")))
    }
  }
}

/// Exports of a ledger as bytes, and what a plain walk through its events says should be in them.
enum Exports {
  /// The forms that go on where they ended, each as one function.
  enum Growing: CaseIterable {
    case jsonl, cloudEvents, openLineage, inToto

    func bytes(
      _ reader: LedgerReader, since: UInt64 = 0, through: UInt64
    ) throws -> [UInt8] {
      var bytes: [UInt8] = []
      let (since, size) = (LedgerSize(since), LedgerSize(through))
      switch self {
      case .jsonl:
        _ = try Exporter.export(reader, since: since, through: size) { bytes += $0 }
      case .cloudEvents:
        _ = try Exporter.export(reader, as: .cloudEvent, since: since, through: size) {
          bytes += $0
        }
      case .openLineage:
        try OpenLineageExporter.export(reader, since: since, through: size, tool: "test/1") {
          bytes += $0
        }
      case .inToto:
        try InTotoExporter.export(reader, since: since, through: size, tool: "test/1") {
          bytes += $0
        }
      }
      return bytes
    }
  }

  static func size(_ reader: LedgerReader) throws -> UInt64 {
    try reader.withSnapshot { $0.size.value }
  }

  /// Every event, read one by one.
  static func events(_ reader: LedgerReader) throws -> [Event] {
    try reader.withSnapshot { snapshot in
      try (0..<snapshot.size.value).map { try snapshot.event(at: Position($0)) }
    }
  }

  static func prov(_ reader: LedgerReader, about subject: SubjectID? = nil) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let size = LedgerSize(try size(reader))
    try ProvExporter.export(reader, through: size, about: subject) { bytes += $0 }
    return bytes
  }

  static func lines(_ bytes: [UInt8]) throws -> [JSONObject] {
    try bytes.split(separator: 0x0A).map { line in
      try #require(try CanonicalJSON.decode(Array(line)).object)
    }
  }

  /// What a script that was given these bytes answered, as JSON.
  static func asking(_ script: String, _ input: [UInt8]) throws -> JSONValue {
    let said = try PythonOracle.run(script, input: input)
    return try JSONParser.parse(said)
  }
}

extension JSONValue {
  var whole: UInt64? {
    if case .number(let number) = self { UInt64(exactly: number) } else { nil }
  }
}

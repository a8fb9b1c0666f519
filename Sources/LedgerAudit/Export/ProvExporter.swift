// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import LedgerReading

/// Writes what was made of what, by which job and for whom, as one W3C PROV-JSON document.
///
/// A section after the other, each in a pass over the events that make it: memory grows with the
/// number of distinct data sets and people, not with events.
public enum ProvExporter {
  /// Calls `write` with a part of the document at a time, and tells how many records it has.
  ///
  /// Damage ends the export with a ``ReadingError``. Source: PROV-JSON, W3C Member Submission 2013.
  @discardableResult
  public static func export(
    _ reader: LedgerReader, through size: LedgerSize, about subject: SubjectID? = nil,
    _ write: ([UInt8]) throws -> Void
  ) throws -> UInt64 {
    var history = try VerifiedHistory(reader, asOf: size)
    let names = ProvNames(origin: history.origin)
    return try withoutActuallyEscaping(write) { write in
      var document = ProvDocument(LineWriter(write))
      try document.begin(names.prefixes)
      for section in ProvSection.allCases {
        try document.begin(section.rawValue)
        var records = ProvRecords(section: section, names: names, about: subject)
        try history.forEachEvent(of: section.types, about: subject) {
          event, snapshot, history in
          try records.take(event, &history, in: snapshot)
          for record in records.waiting { try document.record(record.id, record.value) }
          records.waiting.removeAll(keepingCapacity: true)
        }
        try document.end()
      }
      try document.finish()
      return document.count
    }
  }
}

/// The sections of the document, by the names that PROV-JSON has for them.
enum ProvSection: String, CaseIterable {
  case entity, activity, agent, used, wasGeneratedBy, wasDerivedFrom, wasAssociatedWith
  case actedOnBehalfOf, wasInformedBy, wasInvalidatedBy

  /// Which events make records of it.
  var types: [FactCode] {
    switch self {
    case .activity, .used: [.jobCreated]
    case .wasInformedBy:
      [
        .jobCreated, .versionDeployed, .deploymentRetired, .driftMeasured, .jobFailed,
        .jobStopped, .jobLost,
      ]
    case .agent, .actedOnBehalfOf, .wasAssociatedWith:
      // A job is asked for by one, run to its end by another for them, and stopped by a third.
      [
        .jobCreated, .jobCompleted, .jobFailed, .jobStopped, .jobLost, .versionApproved,
        .versionRejected,
      ]
    case .entity, .wasDerivedFrom:
      [
        .jobCreated, .versionTrained, .versionImported, .versionEvaluated, .versionApproved,
        .versionRejected, .versionDeployed, .predictionCompleted, .runCompleted,
        .statisticsComputed,
      ]
    case .wasGeneratedBy:
      [
        .versionTrained, .versionImported, .versionEvaluated, .versionApproved,
        .versionRejected, .versionDeployed, .predictionCompleted, .runCompleted,
      ]
    case .wasInvalidatedBy: [.deploymentRetired]
    }
  }
}

/// Writes a JSON object of objects of records, as they come.
private struct ProvDocument {
  private var lines: LineWriter
  private var isFirst = true
  private(set) var count: UInt64 = 0

  init(_ lines: LineWriter) { self.lines = lines }

  mutating func begin(_ prefixes: JSONValue) throws {
    try lines.append(Array("{\"prefix\":".utf8))
    try lines.append(try CanonicalJSON.encode(prefixes))
  }

  mutating func begin(_ section: String) throws {
    try lines.append(Array(",\n\"\(section)\":{".utf8))
    isFirst = true
  }

  mutating func record(_ id: String, _ value: JSONValue) throws {
    if !isFirst { try lines.append([0x2C, 0x0A]) }
    isFirst = false
    try lines.append(try CanonicalJSON.encode(.string(id)) + [0x3A])
    try lines.append(try CanonicalJSON.encode(value))
    count += 1
  }

  mutating func end() throws { try lines.append([0x7D]) }

  mutating func finish() throws {
    try lines.append([0x7D, 0x0A])
    try lines.flush()
  }
}

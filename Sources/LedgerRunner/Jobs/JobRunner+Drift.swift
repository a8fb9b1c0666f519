// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import LedgerReading
import LedgerStatistics

/// Measuring drift: what a prediction read and wrote, against the statistics of its version.
extension JobRunner {
  /// How far the data that a prediction read, and the predictions that it wrote, have moved from the
  /// statistics that its version had when it was deployed; where it had none, from the latest.
  ///
  /// Compared are the columns of its inputs that the statistics know by name. A column of its outputs
  /// that they know, and no input has, is a prediction, and so is one that the manifest says predicts
  /// such a column; of several, the one that moved most counts. Identifiers, and columns
  /// that the model's file says it does not look at, are not compared.
  /// Nil where there are no statistics, nothing is comparable, or the job is to stop. What cannot be
  /// read as a table stands in the job's log: the prediction is none the worse for it.
  func drift(
    of prepared: PreparedJob, _ outputs: FileList, _ job: ActiveJob
  ) throws -> DriftFigures? {
    guard prepared.create.fact.kind == .prediction, let version = prepared.model,
      let deployment = prepared.create.fact.deployment
    else { return nil }
    guard
      let statistics = try context.state(ofDeployment: deployment).baseline
        ?? context.state(of: version.id).statistics
    else {
      context.observer.remark(
        "drift is not measured: \(version.id) has no statistics to compare with; make them with: "
          + "jobledger statistics \(version.id) --data FILE")
      return nil
    }
    let baseline = try baseline(at: statistics.position)
    var measuring = DriftMeasuring(
      baseline, unused: unused(of: version, baseline), predicts: prepared.predicts,
      path: { blobs.path($0) }, job: job)
    for input in prepared.inputs.inputs {
      if case .file(_, let digest) = input.content {
        try measuring.read(input.value, as: input.location, digest)
      }
    }
    for entry in outputs.entries {
      try measuring.read(output: entry)
    }
    measuring.remarkOnChance()
    measuring.remarkOnNothing(in: statistics.position)
    try job.log(measuring.remarks, on: .stderr)
    if job.stopCause() != nil { return nil }
    return try figures(measuring, statistics.position)
  }

  /// The columns that the model's file says it does not look at; none where it does not say.
  private func unused(of version: Version, _ baseline: DataStatistics) -> Set<Text> {
    // A file that breaks the rules of its form was taken in on purpose: it says nothing.
    guard let model = try? model(of: version) else { return [] }
    return Set(
      model.validate(against: baseline).findings.compactMap {
        $0.code == .extraColumn ? $0.field : nil
      })
  }

  /// The columns that `statistics.computed` described.
  private func baseline(at position: Position) throws -> DataStatistics {
    let fact = try context.read { (snapshot) throws(ReadingError) in
      try snapshot.event(at: position).fact
    }
    guard case .statisticsComputed(let computed) = fact else {
      throw JobError.unavailable("#\(position.value) holds no statistics")
    }
    let bytes = try blobs.read(computed.columns.digest)
    guard let list = (try? CanonicalJSON.decode(bytes))?.array,
      case let columns = list.compactMap(ColumnStatistics.init(json:)),
      columns.count == list.count
    else {
      throw JobError.badInput("the stored statistics of #\(position.value) cannot be read")
    }
    return DataStatistics(
      rows: computed.rows, columns: columns, delimiter: .comma, oddities: DataOddities())
  }

  private func figures(
    _ measuring: DriftMeasuring, _ baseline: Position
  ) throws -> DriftFigures? {
    let columns = measuring.columns.sorted { $0.name.precedes($1.name) }
    guard !columns.isEmpty || measuring.predictions != nil else { return nil }
    let psi: DriftMeasured.Columns
    let bytes = columns.reduce(0) { $0 + $1.name.string.utf8.count }
    if columns.count <= DriftMeasured.inlineLimit, bytes <= DriftMeasuring.inlineBytes {
      psi = .inline(columns)
    } else {
      let json = JSONValue.array(
        columns.map { column in
          .object(
            JSONObject(sorted: [
              JSONObject.Member(name: "column", value: .string(column.name)),
              JSONObject.Member(name: "psi", value: .number(column.value)),
            ]))
        })
      psi = .list(
        ListDigest(
          count: UInt64(columns.count), digest: try blobs.put(try CanonicalJSON.encode(json))))
    }
    return DriftFigures(
      baseline: baseline, psi: psi, greatestPSI: columns.map(\.value).max(),
      predictionDrift: measuring.predictions)
  }
}

/// Counts tables into the bins of a baseline and sums what it finds.
private struct DriftMeasuring {
  private let baseline: DataStatistics
  private let unused: Set<Text>
  private let predicts: [Text: Text]
  private let path: (Digest) -> String
  private let job: ActiveJob
  /// By place in the baseline: the counts of all inputs, and of all outputs.
  private var inputs: [[UInt64]?]
  private var outputs: [[UInt64]?]
  private var rows: UInt64 = 0
  private(set) var remarks: [(level: LogLevel, words: Text)] = []
  /// The most bytes of names that an event is to hold, well below its limit.
  static let inlineBytes = 16_384
  /// An index that chance alone reaches with so few rows is worth a warning.
  private static let notableChance = 0.05

  init(
    _ baseline: DataStatistics, unused: Set<Text>, predicts: [Text: Text],
    path: @escaping (Digest) -> String, job: ActiveJob
  ) {
    self.baseline = baseline
    self.unused = unused
    self.predicts = predicts
    self.path = path
    self.job = job
    inputs = baseline.columns.map { _ in nil }
    outputs = inputs
    let identifiers = baseline.columns
      .filter { $0.isIdentifier && !unused.contains($0.name) }.map(\.name.string)
    if !identifiers.isEmpty {
      remark(
        .info,
        "not compared: \(identifiers.joined(separator: ", ")), where every value of the baseline "
          + "stands once")
    }
  }

  /// The index of every column that the inputs and the baseline have.
  var columns: [Metric] {
    zip(baseline.columns, inputs).compactMap { column, counts in
      if unused.contains(column.name) { return nil }
      return index(column, counts).map { Metric(name: column.name, value: $0) }
    }
  }

  /// The greatest index of the columns that the outputs predict.
  var predictions: Double? {
    zip(baseline.columns, outputs).compactMap { column, counts in index(column, counts) }.max()
  }

  mutating func read(_ file: String, as name: String, _ digest: Digest) throws {
    guard let counts = try count(file, name, digest) else { return }
    if counts.columns.contains(where: { $0.counts != nil }) { rows += counts.rows }
    for (place, column) in counts.columns.enumerated() {
      add(column.counts, at: place, to: \.inputs)
    }
  }

  /// Comes after the inputs: a column that one of them has too is passed on, not predicted.
  mutating func read(output entry: FileList.Entry) throws {
    let file = path(entry.digest)
    guard let counts = try count(file, entry.path, entry.digest, renamed: predicts) else { return }
    let targets = Set(predicts.values)
    for (place, column) in counts.columns.enumerated()
    where inputs[place] == nil || targets.contains(column.name) {
      add(column.counts, at: place, to: \.outputs)
    }
  }

  /// Says so where the rows are so few that an index means little.
  mutating func remarkOnChance() {
    guard rows > 0 else { return }
    let chance = PopulationStability.expectedByChance(
      bins: Bins.parts, baselineRows: baseline.rows, newRows: rows)
    guard chance >= DriftMeasuring.notableChance else { return }
    let rounded = (chance * 100).rounded() / 100
    remark(
      .warning,
      "\(rows) rows are few against \(baseline.rows): by chance alone a column's index comes to "
        + "about \(rounded)")
  }

  /// Says so where there was nothing that could be compared, and nobody has said why.
  mutating func remarkOnNothing(in baseline: Position) {
    guard columns.isEmpty, predictions == nil, !remarks.contains(where: { $0.level == .warning })
    else { return }
    remark(
      .warning,
      "drift is not measured: no table among the inputs has rows and a column of the statistics "
        + "#\(baseline.value)")
  }

  private func index(_ column: ColumnStatistics, _ counts: [UInt64]?) -> Double? {
    guard !column.isIdentifier, let counts else { return nil }
    return PopulationStability.psi(baseline: column.bins, new: counts)
  }

  private mutating func remark(_ level: LogLevel, _ words: String) {
    remarks.append((level, Text("jobledger: \(words)")))
  }

  /// The counts of a file that is a table by its name; nil for others, and for one that is none.
  private mutating func count(
    _ file: String, _ name: String, _ digest: Digest, renamed: [Text: Text] = [:]
  ) throws -> BinCounts? {
    guard case .table(let delimiter)? = RowCounter.Form(path: name), job.stops.cause == nil else {
      return nil
    }
    do {
      var counter = BinCounter(
        baseline: baseline, options: CSVOptions(delimiter: delimiter), renamed: renamed)
      let isWhole = try DataFile.read(file, digest, for: job) { bytes throws(DataError) in
        try counter.consume(bytes)
      }
      return isWhole ? try counter.finish() : nil
    } catch {
      remark(.warning, "drift of \(name) is not measured: \(error)")
      return nil
    }
  }

  private mutating func add(
    _ new: [UInt64]?, at place: Int, to sums: WritableKeyPath<DriftMeasuring, [[UInt64]?]>
  ) {
    guard let new else { return }
    self[keyPath: sums][place] = self[keyPath: sums][place].map { zip($0, new).map(+) } ?? new
  }
}

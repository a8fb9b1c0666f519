// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// What comes of comparing a model with a data set.
public struct ModelValidation: Equatable, Sendable {
  /// One finding.
  public struct Finding: Equatable, Sendable {
    /// What was found.
    public enum Code: String, CaseIterable, Sendable {
      /// The model wants a column that the data do not have.
      case missingColumn = "missing-column"
      /// The data have a column that the model does not want.
      case extraColumn = "extra-column"
      /// The model wants a number of columns and does not say which: their order cannot be checked.
      case unnamedColumns = "unnamed-columns"
      /// A column's values are of another type than the model wants.
      case typeMismatch = "type-mismatch"
      /// The model wants so many columns, and the data have fewer.
      case tooFewColumns = "too-few-columns"
      /// The data have no column for the target, which an evaluation needs.
      case targetAbsent = "target-absent"
      /// Values that the model does not list as valid.
      case unknownValues = "unknown-values"
      /// Numbers outside the intervals that the model lists as valid.
      case outOfRange = "out-of-range"
      /// A wanted column has missing values, and the model names no replacement.
      case missingValues = "missing-values"
      /// The model contradicts itself.
      case inconsistentModel = "inconsistent-model"
      /// What the file would import when it is loaded.
      case alarmingImport = "alarming-import"
      /// What could happen to whoever unpacks the archive.
      case alarmingArchive = "alarming-archive"
    }
    /// How much it matters.
    public enum Severity: String, CaseIterable, Sendable {
      /// The model cannot score these data.
      case error
      /// It can, but perhaps not as meant.
      case warning
      /// Good to know.
      case note
    }

    /// What was found.
    public var code: Code
    /// How much it matters.
    public var severity: Severity
    /// The column, field or import.
    public var field: Text?
    /// In words, with the numbers.
    public var detail: Text
  }

  /// All findings: errors first, then by the order of the model's fields and the data's columns.
  public var findings: [Finding] = []
  /// Whether the format says anything that data can be compared with.
  public var isApplicable = true

  /// For `statistics.computed`: failed where there is an error.
  public var verdict: StatisticsComputed.Validation {
    if findings.contains(where: { $0.severity == .error }) { return .failed }
    return isApplicable ? .passed : .notApplicable
  }

  /// `{"applicable":true,"findings":[{"code","detail","field","severity"}…],"verdict":"passed"}`.
  public var json: JSONValue {
    .members([
      ("applicable", .bool(isApplicable)),
      (
        "findings",
        .array(
          findings.map { finding in
            var members: [(String, JSONValue)] = [
              ("code", .string(finding.code.rawValue)), ("detail", .string(finding.detail)),
              ("severity", .string(finding.severity.rawValue)),
            ]
            if let field = finding.field { members.append(("field", .string(field))) }
            return .members(members)
          })
      ), ("verdict", .string(verdict.rawValue)),
    ])
  }

  mutating func add(
    _ code: Finding.Code, _ severity: Finding.Severity, _ field: Text?, _ detail: String
  ) {
    findings.append(Finding(code: code, severity: severity, field: field, detail: Text(detail)))
  }

  /// Errors, warnings, notes; each in the order they were found.
  mutating func order() {
    findings = Finding.Severity.allCases.flatMap { severity in
      findings.filter { $0.severity == severity }
    }
  }
}

extension ModelDescription {
  /// Compares what the model wants with the columns of a data set, by name.
  ///
  /// Missing columns and wrong types are errors; all are listed, one never hides the next.
  public func validate(against data: DataStatistics) -> ModelValidation {
    var validation = ModelValidation()
    switch details {
    case .pmml(let model): model.validate(data, &validation)
    case .onnx(let model): model.validate(data, &validation)
    case .mojo(let model): model.validate(data, &validation)
    case .pickle(let program):
      validation.isApplicable = false
      for name in program.alarming {
        validation.add(
          .alarmingImport, .warning, name, "it would import \(name.string) when it is loaded")
      }
    case .other: validation.isApplicable = false
    }
    validation.order()
    return validation
  }
}

/// Data as a model sees them.
struct DataView {
  let data: DataStatistics
  private let columns: [Text: ColumnStatistics]

  init(_ data: DataStatistics) {
    self.data = data
    columns = Dictionary(data.columns.map { ($0.name, $0) }) { first, _ in first }
  }

  subscript(_ name: Text) -> ColumnStatistics? { columns[name] }

  /// A column whose name differs only in case, blanks, dots, hyphens and underscores.
  func similar(to name: Text) -> Text? {
    let wanted = Self.essence(name)
    return data.columns.first { Self.essence($0.name) == wanted }?.name
  }

  private static func essence(_ name: Text) -> [UInt8] {
    name.string.lowercased().utf8.filter { ![0x20, 0x09, 0x5f, 0x2d, 0x2e].contains($0) }
  }

  /// Reports a column that is wanted and not there.
  func reportMissing(_ name: Text, _ validation: inout ModelValidation) {
    let hint = similar(to: name).map { "; did the data mean it by \($0.string)?" } ?? ""
    validation.add(
      .missingColumn, .error, name, "the model wants \(name.string), the data do not have it\(hint)"
    )
  }

  /// Reports the columns that nobody wants.
  func reportExtra(but wanted: Set<Text>, _ validation: inout ModelValidation) {
    for column in data.columns where !wanted.contains(column.name) {
      validation.add(
        .extraColumn, .note, column.name, "the model does not look at \(column.name.string)")
    }
  }

  /// Reports values that are no numbers, or not whole ones.
  func reportNotNumbers(
    _ column: ColumnStatistics, whole: Bool, _ validation: inout ModelValidation
  ) {
    let kinds = column.kinds
    let others = kinds.count - kinds.integer - (whole ? 0 : kinds.number)
    guard others > 0 else { return }
    validation.add(
      .typeMismatch, .error, column.name,
      "the model wants \(whole ? "whole numbers" : "numbers"); \(others) of \(kinds.count) values "
        + "are none (the column is \(column.type.rawValue))")
  }

  /// Reports values that are neither true nor false; whole numbers stand for either.
  func reportNotTruth(_ column: ColumnStatistics, _ validation: inout ModelValidation) {
    let fitting = column.kinds.boolean + column.kinds.integer
    if fitting < column.count { reportMismatch(column, "true or false", &validation) }
  }

  /// Reports a column whose values are of another type than is wanted.
  func reportMismatch(
    _ column: ColumnStatistics, _ wanted: String, _ validation: inout ModelValidation
  ) {
    validation.add(
      .typeMismatch, .error, column.name,
      "the model wants \(wanted); the column is \(column.type.rawValue)")
  }

  /// Reports missing values.
  func reportMissingValues(_ column: ColumnStatistics, _ validation: inout ModelValidation) {
    guard column.missing > 0 else { return }
    validation.add(
      .missingValues, .warning, column.name,
      "\(column.missing) of \(data.rows) rows have no value, and the model names no replacement")
  }
}

extension PMMLModel {
  func validate(_ data: DataStatistics, _ validation: inout ModelValidation) {
    let view = DataView(data)
    let fields = Dictionary(dataFields.map { ($0.name, $0) }) { first, _ in first }
    var wanted: Set<Text> = []
    for mining in miningFields {
      wanted.insert(mining.name)
      guard let field = fields[mining.name] else {
        // A segment's schema may name a derived field; that of the whole model may not.
        validation.add(
          .inconsistentModel, .warning, mining.name,
          "the mining schema names \(mining.name.string), the data dictionary does not")
        continue
      }
      let isTarget = mining.usage == "target" || mining.usage == "predicted"
      guard mining.usage == "active" || isTarget else { continue }
      guard let column = view[mining.name] else {
        if isTarget {
          validation.add(
            .targetAbsent, .note, mining.name,
            "the data do not have the target \(mining.name.string), which an evaluation needs")
        } else if mining.missingValueReplacement == nil {
          view.reportMissing(mining.name, &validation)
        } else {
          validation.add(
            .missingColumn, .warning, mining.name,
            "the data do not have \(mining.name.string); the model replaces missing values")
        }
        continue
      }
      field.check(column, view, &validation)
      if !isTarget, mining.missingValueReplacement == nil {
        view.reportMissingValues(column, &validation)
      }
    }
    view.reportExtra(but: wanted, &validation)
  }
}

extension PMMLModel.DataField {
  fileprivate func check(
    _ column: ColumnStatistics, _ view: DataView, _ validation: inout ModelValidation
  ) {
    switch dataType {
    case "integer": view.reportNotNumbers(column, whole: true, &validation)
    case "double", "float": view.reportNotNumbers(column, whole: false, &validation)
    case "boolean": view.reportNotTruth(column, &validation)
    case "date", "dateTime":
      if column.kinds.date < column.count { view.reportMismatch(column, "dates", &validation) }
    default:
      // Any value is a string; a continuous one must still be a number.
      if optype == "continuous" { view.reportNotNumbers(column, whole: false, &validation) }
    }
    checkValues(column, &validation)
    checkRange(column, &validation)
  }

  private func checkValues(_ column: ColumnStatistics, _ validation: inout ModelValidation) {
    guard optype != "continuous", !validValues.isEmpty, !hasMoreValues,
      case .values(let seen) = column.bins.cut
    else { return }
    let valid = Set(validValues)
    let numbers = Set(validValues.compactMap { Double($0.string) })
    let unknown = seen.filter { value in
      !valid.contains(value.value)
        && !(Double(value.value.string).map(numbers.contains) ?? false)
    }
    guard !unknown.isEmpty else { return }
    let words = unknown.prefix(5).map { "\($0.value.string) (\($0.count))" }.joined(separator: ", ")
    validation.add(
      .unknownValues, .warning, name,
      "\(unknown.count) frequent values are not among those the model lists: \(words)")
  }

  private func checkRange(_ column: ColumnStatistics, _ validation: inout ModelValidation) {
    guard optype == "continuous", validValues.isEmpty, let numbers = column.numbers else { return }
    if let minimum, numbers.minimum < minimum {
      validation.add(
        .outOfRange, .warning, name, "the least value is \(numbers.minimum), below \(minimum)")
    }
    if let maximum, numbers.maximum > maximum {
      validation.add(
        .outOfRange, .warning, name, "the greatest value is \(numbers.maximum), above \(maximum)")
    }
  }
}

extension ONNXModel {
  fileprivate static let wholeTypes: Set<Text> = [
    "uint8", "int8", "uint16", "int16", "int32", "int64", "uint32", "uint64",
  ]
  fileprivate static let realTypes: Set<Text> = ["float", "float16", "double", "bfloat16"]

  func validate(_ data: DataStatistics, _ validation: inout ModelValidation) {
    let view = DataView(data)
    if inputs.isEmpty {
      validation.add(.inconsistentModel, .warning, nil, "the graph has no input")
    }
    // One matrix holds all columns in an order that the model does not name.
    if inputs.count == 1, let input = inputs.first, view[input.name] == nil,
      let width = input.width, width != 1
    {
      return checkMatrix(input, width, view, &validation)
    }
    var wanted: Set<Text> = []
    for input in inputs {
      guard let column = view[input.name] else {
        view.reportMissing(input.name, &validation)
        if let similar = view.similar(to: input.name) { wanted.insert(similar) }
        continue
      }
      wanted.insert(input.name)
      input.check(column, view, &validation)
    }
    view.reportExtra(but: wanted, &validation)
  }

  private func checkMatrix(
    _ input: Value, _ width: Int64, _ view: DataView, _ validation: inout ModelValidation
  ) {
    let isNumeric =
      input.elementType.map { Self.realTypes.contains($0) || Self.wholeTypes.contains($0) } ?? true
    let fitting = view.data.columns.filter { column in
      !isNumeric || column.type == .integer || column.type == .number || column.type == .empty
        || (column.type == .boolean)
    }
    if width > 0, Int64(fitting.count) < width {
      validation.add(
        .tooFewColumns, .error, input.name,
        "the model wants \(width) columns in \(input.name.string); the data have "
          + "\(view.data.columns.count), of which \(fitting.count) fit")
    } else {
      validation.add(
        .unnamedColumns, .note, input.name,
        "the model wants \(width < 0 ? "any number of" : "\(width)") columns in "
          + "\(input.name.string) and does not name them; \(fitting.count) of the data would fit")
    }
  }
}

extension ONNXModel.Value {
  /// The second of two dimensions; −1 where it may be any; nil where there are not two.
  fileprivate var width: Int64? {
    guard kind == "tensor", let shape, shape.count == 2 else { return nil }
    if case .size(let size) = shape[1] { return size }
    return -1
  }

  fileprivate func check(
    _ column: ColumnStatistics, _ view: DataView, _ validation: inout ModelValidation
  ) {
    if let elementType {
      if ONNXModel.realTypes.contains(elementType) {
        view.reportNotNumbers(column, whole: false, &validation)
      } else if ONNXModel.wholeTypes.contains(elementType) {
        view.reportNotNumbers(column, whole: true, &validation)
      } else if elementType == "bool" {
        view.reportNotTruth(column, &validation)
      }
    }
    if elementType != "string" { view.reportMissingValues(column, &validation) }
  }
}

extension MOJOModel {
  func validate(_ data: DataStatistics, _ validation: inout ModelValidation) {
    for name in leadingOut {
      validation.add(
        .alarmingArchive, .warning, name,
        "whoever unpacks it may write outside of the folder: it holds \(name.string)")
    }
    if unpackedBytes > 64 << 20, unpackedBytes / 100 > packedBytes {
      validation.add(
        .alarmingArchive, .warning, nil,
        "it unpacks to \(unpackedBytes) bytes, from \(packedBytes)")
    }
    guard !columns.isEmpty else {
      validation.isApplicable = false
      return
    }
    let view = DataView(data)
    let isSupervised = self["supervised"].map { $0.string.lowercased() == "true" } ?? false
    for (place, name) in columns.enumerated() {
      let isTarget = isSupervised && place == columns.count - 1
      guard let column = view[name] else {
        if isTarget {
          validation.add(
            .targetAbsent, .note, name,
            "the data do not have the response \(name.string), which an evaluation needs")
        } else {
          view.reportMissing(name, &validation)
        }
        continue
      }
      // Columns without a domain are numbers; H2O reads missing values as such.
      if domains[place] == nil, !isTarget, column.type != .date {
        view.reportNotNumbers(column, whole: false, &validation)
      }
    }
    view.reportExtra(but: Set(columns), &validation)
  }
}

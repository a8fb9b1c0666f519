// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Statistics as JSON, for a blob: equal statistics give equal bytes in canonical form.
///
/// ```
/// {"columns":[COLUMN…],"delimiter":",","format":"jobledger-statistics/1",
///  "oddities":{"blankLines","duplicateNames":[…],"emptyNames","invalidUTF8":{"count","lines":[…]},
///    "looseQuotes":{…},"ragged":{…}},"rows":569}
/// COLUMN = {"bins":{"counts":[…],"edges":[…],"missing":0,"others":0},
///  "distinct":{"count":456,"relativeError":0},
///  "kinds":{"boolean":0,"date":0,"integer":0,"number":569,"text":0},"missing":0,"name":"mean radius",
///  "numbers":{"count","maximum","mean","minimum","quantiles":[{"probability":0.5,"value":13.37}…],
///    "rankError":0,"standardDeviation"},"type":"number"}
/// ```
/// Where values are counted one by one, `bins` has `"values":[{"count","value"}…]` and `countError`
/// in place of edges and counts. `numbers` is absent where there are none, `standardDeviation` below
/// two. Doubles are the shortest that read back as themselves; `NaN`, `Infinity` and `-Infinity` are
/// strings. Members: see `ColumnStatistics`, `NumberSummary`, `Bins` and `DataOddities`.
extension DataStatistics {
  /// The name and version of the form.
  public static let format = "jobledger-statistics/1"

  /// The document.
  public var json: JSONValue {
    .members([
      ("columns", .array(columns.map(\.json))),
      ("delimiter", .string(String(UnicodeScalar(delimiter.rawValue)))),
      ("format", .string(Self.format)), ("oddities", oddities.json), ("rows", .integer(rows)),
    ])
  }

  /// The list of columns alone, as `statistics.computed` counts and digests it.
  public var columnsJSON: JSONValue { .array(columns.map(\.json)) }

  /// Reads a document; nil where it is none, or not of this version.
  public init?(json: JSONValue) {
    guard let object = json.object, object["format"]?.text == Text(Self.format),
      let list = object["columns"]?.array, let rows = object["rows"]?.count,
      let delimiter = object["delimiter"]?.text.flatMap({ $0.string.utf8.first }),
      let delimiter = CSVOptions.Delimiter(rawValue: delimiter),
      let oddities = object["oddities"].flatMap(DataOddities.init(json:))
    else { return nil }
    var columns: [ColumnStatistics] = []
    for value in list {
      guard let column = ColumnStatistics(json: value) else { return nil }
      columns.append(column)
    }
    self.init(rows: rows, columns: columns, delimiter: delimiter, oddities: oddities)
  }
}

extension ColumnStatistics {
  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("bins", bins.json),
      (
        "distinct",
        .members([
          ("count", .integer(distinct.count)), ("relativeError", .double(distinct.relativeError)),
        ])
      ),
      (
        "kinds",
        .members([
          ("boolean", .integer(kinds.boolean)), ("date", .integer(kinds.date)),
          ("integer", .integer(kinds.integer)), ("number", .integer(kinds.number)),
          ("text", .integer(kinds.text)),
        ])
      ),
      ("missing", .integer(missing)), ("name", .string(name)), ("type", .string(type.rawValue)),
    ]
    if let numbers { members.append(("numbers", numbers.json)) }
    return .members(members)
  }

  /// Reads one column of a document; nil where it is none.
  public init?(json: JSONValue) {
    guard let object = json.object, let name = object["name"]?.text,
      let word = object["type"]?.text, let type = ColumnType(rawValue: word.string),
      let missing = object["missing"]?.count, let counts = object["kinds"]?.object,
      let distinct = object["distinct"]?.object, let different = distinct["count"]?.count,
      let relativeError = distinct["relativeError"]?.double,
      let bins = object["bins"].flatMap(Bins.init(json:))
    else { return nil }
    var kinds = Kinds()
    guard let boolean = counts["boolean"]?.count, let date = counts["date"]?.count,
      let integer = counts["integer"]?.count, let number = counts["number"]?.count,
      let text = counts["text"]?.count
    else { return nil }
    (kinds.boolean, kinds.date, kinds.integer) = (boolean, date, integer)
    (kinds.number, kinds.text) = (number, text)
    var numbers: NumberSummary?
    if let value = object["numbers"] {
      numbers = NumberSummary(json: value)
      if numbers == nil { return nil }
    }
    self.init(
      name: name, type: type, kinds: kinds, missing: missing,
      distinct: Distinct(count: different, relativeError: relativeError), numbers: numbers,
      bins: bins)
  }
}

extension NumberSummary {
  fileprivate var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("count", .integer(count)), ("maximum", .double(maximum)), ("mean", .double(mean)),
      ("minimum", .double(minimum)),
      (
        "quantiles",
        .array(
          quantiles.map {
            .members([("probability", .double($0.probability)), ("value", .double($0.value))])
          })
      ),
      ("rankError", .double(rankError)),
    ]
    if let standardDeviation { members.append(("standardDeviation", .double(standardDeviation))) }
    return .members(members)
  }

  fileprivate init?(json: JSONValue) {
    guard let object = json.object, let count = object["count"]?.count,
      let maximum = object["maximum"]?.double, let mean = object["mean"]?.double,
      let minimum = object["minimum"]?.double, let rankError = object["rankError"]?.double,
      let list = object["quantiles"]?.array
    else { return nil }
    var quantiles: [Quantile] = []
    for value in list {
      guard let pair = value.object, let probability = pair["probability"]?.double,
        let value = pair["value"]?.double
      else { return nil }
      quantiles.append(Quantile(probability: probability, value: value))
    }
    self.init(
      count: count, minimum: minimum, maximum: maximum, mean: mean,
      standardDeviation: object["standardDeviation"]?.double, quantiles: quantiles,
      rankError: rankError)
  }
}

extension Bins {
  fileprivate var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("missing", .integer(missing)), ("others", .integer(others)),
    ]
    switch cut {
    case .edges(let edges, let counts):
      members.append(("edges", .array(edges.map(JSONValue.double))))
      members.append(("counts", .array(counts.map { .integer($0) })))
    case .values(let values):
      members.append(("countError", .integer(countError)))
      members.append(
        (
          "values",
          .array(
            values.map { .members([("count", .integer($0.count)), ("value", .string($0.value))]) })
        ))
    }
    return .members(members)
  }

  fileprivate init?(json: JSONValue) {
    guard let object = json.object, let missing = object["missing"]?.count,
      let others = object["others"]?.count
    else { return nil }
    if let list = object["values"]?.array, let error = object["countError"]?.count {
      var values: [Value] = []
      for value in list {
        guard let pair = value.object, let word = pair["value"]?.text,
          let count = pair["count"]?.count
        else { return nil }
        values.append(Value(word, count))
      }
      self.init(cut: .values(values), others: others, missing: missing, countError: error)
      return
    }
    guard let edges = object["edges"]?.array?.compactMap(\.double),
      let counts = object["counts"]?.array?.compactMap(\.count), counts.count == edges.count + 1,
      zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 })
    else { return nil }
    self.init(cut: .edges(edges, counts: counts), others: others, missing: missing)
  }
}

extension DataOddities {
  fileprivate var json: JSONValue {
    .members([
      ("blankLines", .integer(blankLines)),
      ("duplicateNames", .array(duplicateNames.map(JSONValue.string))),
      ("emptyNames", .integer(emptyNames)), ("invalidUTF8", invalidUTF8.json),
      ("looseQuotes", looseQuotes.json), ("ragged", ragged.json),
    ])
  }

  fileprivate init?(json: JSONValue) {
    guard let object = json.object, let blankLines = object["blankLines"]?.count,
      let names = object["duplicateNames"]?.array, let emptyNames = object["emptyNames"]?.count,
      let invalidUTF8 = object["invalidUTF8"].flatMap(LineNotes.init(json:)),
      let looseQuotes = object["looseQuotes"].flatMap(LineNotes.init(json:)),
      let ragged = object["ragged"].flatMap(LineNotes.init(json:))
    else { return nil }
    self.init()
    self.blankLines = blankLines
    self.duplicateNames = names.compactMap(\.text)
    self.emptyNames = emptyNames
    self.invalidUTF8 = invalidUTF8
    self.looseQuotes = looseQuotes
    self.ragged = ragged
  }
}

extension LineNotes {
  fileprivate var json: JSONValue {
    .members([("count", .integer(count)), ("lines", .array(lines.map { .integer($0) }))])
  }

  fileprivate init?(json: JSONValue) {
    guard let object = json.object, let count = object["count"]?.count,
      let lines = object["lines"]?.array
    else { return nil }
    self.init(count: count, lines: lines.compactMap(\.count))
  }
}

extension JSONValue {
  /// An object of members whose names differ.
  static func members(_ members: [(String, JSONValue)]) -> JSONValue {
    guard let object = JSONObject(members.map { JSONObject.Member(name: Text($0.0), value: $0.1) })
    else { preconditionFailure("the members of one object have different names") }
    return .object(object)
  }

  /// A number, or the word for what is none.
  static func double(_ value: Double) -> JSONValue {
    value.isFinite ? .number(value) : .string(value.canonicalText)
  }

  /// A whole number from 0, as a number or as the string of its digits.
  fileprivate var count: UInt64? {
    switch self {
    case .number(let value): UInt64(exactly: value)
    case .string(let digits): UInt64(digits.string)
    default: nil
    }
  }

  /// A number, or what the words for infinite ones and none mean.
  fileprivate var double: Double? {
    switch self {
    case .number(let value): value
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }
}

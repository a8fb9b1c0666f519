// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

/// Figures by pandas and NumPy: a JSON object for each column, in order.
private let pandasScript = """
  import io, json, sys
  import numpy, pandas
  data = sys.stdin.buffer.read()
  frame = pandas.read_csv(io.BytesIO(data), float_precision='round_trip')
  columns = []
  for name in frame.columns:
      series = frame[name]
      values = series.dropna()
      found = {'name': name, 'missing': int(series.isna().sum()), 'count': len(values),
               'distinct': int(values.nunique())}
      if pandas.api.types.is_numeric_dtype(series) and not pandas.api.types.is_bool_dtype(series):
          numbers = values.to_numpy(dtype=numpy.float64)
          with numpy.errstate(all='ignore'):
              found['numbers'] = {
                  'minimum': float(numbers.min()), 'maximum': float(numbers.max()),
                  'mean': float(numpy.mean(numbers)), 'deviation': float(numpy.std(numbers, ddof=1)),
                  'quantiles': [float(numpy.quantile(numbers, p)) for p in
                                (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)]}
      else:
          found['values'] = {str(k): int(v) for k, v in values.astype(str).replace({'True': 'true', 'False': 'false'})
                             .value_counts().items()}
      columns.append(found)
  json.dump(columns, sys.stdout)
  """

private func compare(_ csv: [UInt8]) throws {
  let found = try DataStatistics.compute(csv)
  let theirs = try oracle(pandasScript, csv).array ?? []
  try #require(theirs.count == found.columns.count)
  for (ours, theirs) in zip(found.columns, theirs) {
    let name = ours.name.string
    #expect(theirs["name"].text == ours.name)
    #expect(theirs["missing"].number == Double(ours.missing), "\(name)")
    #expect(theirs["count"].number == Double(ours.count), "\(name)")
    #expect(theirs["distinct"].number == Double(ours.distinct.count), "\(name)")
    if let numbers = ours.numbers, ours.type != .date {
      let wanted = theirs["numbers"]
      #expect(agree(numbers.minimum, wanted["minimum"].number), "\(name)")
      #expect(agree(numbers.maximum, wanted["maximum"].number), "\(name)")
      #expect(agree(numbers.mean, wanted["mean"].number), "\(name)")
      #expect(agree(numbers.standardDeviation, wanted["deviation"].number), "\(name)")
      for (ours, theirs) in zip(numbers.quantiles, wanted["quantiles"].array ?? []) {
        #expect(agree(ours.value, theirs.number), "\(name) \(ours.probability)")
      }
    } else if case .values(let values) = ours.bins.cut {
      for value in values {
        #expect(theirs["values"][value.value.string].number == Double(value.count), "\(name)")
      }
    }
  }
}

@Suite struct StatisticsTests {
  @Test func `the breast cancer data have the figures of pandas and NumPy`() throws {
    for name in ["train", "test", "new"] {
      try compare(Fixture.bytes("projects/breast-cancer/data/\(name).csv"))
    }
  }

  @Test(arguments: UInt64(0)..<12)
  func `random tables have the figures of pandas and NumPy`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var csv = "ints,floats,few,words,flags,sparse\n"
    for _ in 0..<(2 + random.next(upTo: 3_000)) {
      let missing = ["", "NA", "NaN", "null", "None", "n/a", "#N/A", "<NA>"]
      func sometimes(_ text: String) -> String {
        random.next() % 9 == 0 ? missing[random.next(upTo: missing.count)] : text
      }
      csv += "\(Int(random.next() % 20_001) - 10_000),\(sometimes("\(random.normal() * 1e3)")),"
      csv += "\(sometimes("\(random.next(upTo: 4))")),\(sometimes("w\(random.next(upTo: 30))")),"
      csv += "\(random.next() % 2 == 0 ? "True" : "False"),"
      csv += "\(random.next() % 5 == 0 ? "\(random.unit())" : "")\n"
    }
    try compare(Array(csv.utf8))
  }

  /// Where a plain sum of squares, or Welford's in single steps, loses digits.
  @Test(arguments: [
    "offset", "outlier-first", "alternating", "tiny", "huge", "cancel", "constant", "infinite",
  ])
  func `mean and deviation hold where digits cancel`(kind: String) throws {
    var random = SplitMix64(seed: 5)
    var csv = "x,filler\n"
    for row in 0..<20_000 {
      let value: Double =
        switch kind {
        case "offset": 1e9 + random.unit() * 1e-3
        case "outlier-first": row == 0 ? -1e12 : 1 + random.unit()
        case "alternating": row % 2 == 0 ? 1e9 + random.unit() : -1e9 + random.unit()
        case "tiny": random.unit() * 1e-150
        case "huge": (random.unit() + 1) * 1e150
        case "cancel": random.normal() * 1e8
        case "constant": 0.1
        default: row == 19_999 ? .infinity : random.unit()
        }
      csv += "\(value),1\n"
    }
    let ours = try statistics(csv).columns[0]
    // Exact arithmetic: the mean and deviation of the very doubles, without rounding before the end.
    let theirs = try oracle(
      """
      import sys, json, math
      from fractions import Fraction
      values = [float(line.split(',')[0]) for line in sys.stdin.read().splitlines()[1:]]
      if math.inf in values:
          json.dump({'mean': 'Infinity', 'deviation': 'NaN'}, sys.stdout)
      else:
          scale = 2 ** 1074
          n = len(values)
          whole = [int(Fraction(v) * scale) for v in values]
          total = sum(whole)
          squares = sum(w * w for w in whole)
          variance = Fraction(squares * n - total * total, scale * scale * n * (n - 1))
          # A root of a fraction in 40 digits more than a double has.
          root = Fraction(math.isqrt(variance.numerator * variance.denominator << 2400),
                          variance.denominator << 1200)
          json.dump({'mean': float(Fraction(total, scale * n)), 'deviation': float(root)}, sys.stdout)
      """, Array(csv.utf8))
    #expect(agree(ours.numbers?.mean, theirs["mean"].number))
    if kind == "constant" {
      // Fifteen digits below the value: NumPy, too, gives rounding errors rather than zero.
      #expect((ours.numbers?.standardDeviation ?? 1) < 1e-15)
    } else {
      #expect(agree(ours.numbers?.standardDeviation, theirs["deviation"].number))
    }
  }

  @Test func `beyond the bounds, figures are exact or within the error they state`() throws {
    var random = SplitMix64(seed: 11)
    var csv = "x,id,word\n"
    var values: [Double] = []
    var often = 0
    for row in 0..<60_000 {
      // A drift within the file: an estimate from its beginning would be off.
      let value = random.normal() + Double(row) / 20_000
      values.append(value)
      let isOften = random.next() % 3 == 0
      often += isOften ? 1 : 0
      let word = isOften ? "often" : "w\(random.next())"
      csv += "\(value),\(row),\(word)\n"
    }
    let found = try statistics(csv)
    values.sort()
    let numbers = try #require(found.columns[0].numbers)
    #expect(numbers.rankError > 0 && numbers.rankError < 0.002)
    let count = Double(values.count)
    for quantile in numbers.quantiles {
      let below = Double(values.partitioningIndex { $0 >= quantile.value })
      let upTo = Double(values.partitioningIndex { $0 > quantile.value })
      let slack = numbers.rankError * count + 1
      #expect(below - slack <= quantile.probability * count)
      #expect(upTo + slack >= quantile.probability * count)
    }
    #expect(numbers.minimum == values.first && numbers.maximum == values.last)
    #expect(agree(numbers.mean, values.reduce(0, +) / count))
    guard case .edges(let edges, let counts) = found.columns[0].bins.cut else { throw Unexpected() }
    #expect(edges.count == 9 && counts.reduce(0, +) == 60_000)
    for (edge, share) in zip(edges, 1...9) {
      let rank = Double(values.partitioningIndex { $0 > edge })
      #expect(abs(rank - Double(share) * count / 10) <= numbers.rankError * count + 1)
    }
    for column in found.columns {
      #expect(column.distinct.relativeError == 0.008125)
      let exact = Double(column.name == "word" ? 60_000 - often + 1 : 60_000)
      #expect(abs(Double(column.distinct.count) / exact - 1) < 0.04)
    }
    let words = found.columns[2].bins
    guard case .values(let listed) = words.cut else { throw Unexpected() }
    let first = try #require(listed.first)
    #expect(first.value == "often")
    #expect(first.count <= UInt64(often) && first.count + words.countError >= UInt64(often))
    #expect(words.countError <= 2 * 60_000 / 16_384 + 1)
    #expect(listed.reduce(words.others) { $0 + $1.count } == 60_000)
  }

  @Test func `a column of few different values is exact however many rows there are`() throws {
    var csv = "x\n"
    for row in 0..<40_000 { csv += "\(Double(row % 15_000) / 8)\n" }
    let column = try statistics(csv).columns[0]
    #expect(column.distinct == Distinct(count: 15_000, relativeError: 0))
    #expect(column.numbers?.rankError == 0)
    try compare(Array(csv.utf8))
  }

  @Test(arguments: [
    ("1\n-2\n", ColumnType.integer), ("1\n2.5\n", .number), ("1e3\n", .number),
    ("true\nFalse\n", .boolean), ("2026-11-21\n2026-11-22T08:00:00Z\n", .date), ("x\n", .text),
    ("1\nx\n", .text), ("true\n1\n", .text), ("NA\n\"\"\n", .empty), ("1\nNA\n", .integer),
    (" 7 \n", .integer), ("inf\n", .number), ("1,5\n", .integer), ("2026-11-21\n1\n", .text),
  ])
  func `a column's type is that of its values`(values: String, type: ColumnType) throws {
    #expect(try statistics("a,b\n" + values).columns[0].type == type)
  }

  @Test func `a column mostly of numbers says how many values are none`() throws {
    let column = try statistics("a\n1\n2\n3\nerror\n4.5\n2\n").columns[0]
    #expect(column.type == .text)
    #expect(column.kinds.integer == 4 && column.kinds.number == 1 && column.kinds.text == 1)
    #expect(column.numbers?.mean == 2.5)
    #expect(column.distinct.count == 5)
    // Words seen once are not listed; the number seen twice is.
    #expect(column.bins.cut == .values([Bins.Value("2", 2)]))
    #expect(column.bins.others == 4)
  }

  @Test func `identifiers are not listed, and neither are very long words`() throws {
    var csv = "id,long\n"
    for row in 0..<100 { csv += "person-\(row),\(String(repeating: "z", count: 200))\n" }
    let found = try statistics(csv)
    for column in found.columns {
      #expect(column.bins.cut == .values([]))
      #expect(column.bins.others == 100)
    }
    #expect(found.columns.map(\.distinct.count) == [100, 1])
  }

  @Test func `bins of numbers are never empty, and ties stay together`() throws {
    var csv = "mostly zero,mostly one,constant,skewed\n"
    for row in 0..<1_000 {
      csv +=
        "\(row % 5 == 0 ? row : 0),\(row % 50 == 0 ? Double(row) / 1e4 : 1),5,\(1 << (row % 40))\n"
    }
    for column in try statistics(csv).columns {
      switch column.bins.cut {
      case .edges(let edges, let counts):
        #expect(counts.count == edges.count + 1 && counts.count >= 2)
        #expect(counts.allSatisfy { $0 > 0 })
        #expect(counts.reduce(0, +) == 1_000)
        #expect(edges == edges.sorted())
      case .values(let values):
        #expect(column.name == "constant" && values == [Bins.Value("5", 1_000)])
      }
    }
  }

  @Test func `equal bytes give equal documents, and a document reads back as itself`() throws {
    let csv = try Fixture.bytes("projects/breast-cancer/data/train.csv")
    var odd = Array("a,a,,t,x\n1,inf,2026-01-01,w,\"q\"r\n\n2,-inf\n3,1e300,,w,\n".utf8)
    odd += [0xff, 0x0a]
    for bytes in [csv, odd] {
      let found = try DataStatistics.compute(bytes)
      let encoded = try CanonicalJSON.encode(found.json)
      #expect(try CanonicalJSON.encode(DataStatistics.compute(bytes).json) == encoded)
      let back = try #require(DataStatistics(json: CanonicalJSON.decode(encoded)))
      #expect(try CanonicalJSON.encode(back.json) == encoded)
    }
  }

  @Test(arguments: UInt64(0)..<100)
  func `a damaged document is refused or read, and never traps`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var bytes = try CanonicalJSON.encode(
      statistics("a,b,c\n1,x,true\n2,x,false\n3.5,y,true\n4,y,\n").json)
    for _ in 0..<3 { bytes[random.next(upTo: bytes.count)] = UInt8(random.next() % 256) }
    guard let json = try? JSONParser.parse(bytes) else { return }
    guard let read = DataStatistics(json: json) else { return }
    _ = try? BinCounter.count(Array("a,b,c\n1,x,true\n".utf8), baseline: read)
  }

  @Test func `every byte read is observed, in order`() throws {
    let folder = TemporaryFolder()
    let bytes = Array(String(repeating: "a,b\n1,2\n", count: 100_000).utf8)
    TemporaryFolder.write(bytes, to: folder.file("x.csv"))
    let descriptor = openFile(folder.file("x.csv"))
    defer { closeFile(descriptor) }
    var seen: [UInt8] = []
    let found = try DataStatistics.compute(readingFrom: descriptor) { seen += $0 }
    #expect(seen == bytes)
    #expect(try found == DataStatistics.compute(bytes))
  }
}

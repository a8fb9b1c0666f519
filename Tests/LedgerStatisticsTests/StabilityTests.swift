// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerStatistics
import LedgerTestSupport
import Testing

/// The index by NumPy, from the stored document of the baseline and the new data, cell by cell.
private let psiScript = """
  import csv, io, json, math, sys
  import numpy
  given = json.load(sys.stdin)
  missing_words = {'', '#N/A', 'NA', 'NaN', 'null', 'None', 'n/a', 'nan', 'NULL', 'N/A'}
  rows = list(csv.DictReader(io.StringIO(given['new'])))
  result = {}
  for column in given['baseline']['columns']:
      if column['name'] not in rows[0]:
          continue
      bins = column['bins']
      cells = [row[column['name']] for row in rows]
      gone = sum(cell in missing_words for cell in cells)
      present = [cell for cell in cells if cell not in missing_words]
      if 'edges' in bins:
          numbers, others = [], 0
          for cell in present:
              try:
                  numbers.append(float(cell))
              except ValueError:
                  others += 1
          places = numpy.searchsorted(numpy.array(bins['edges']), numpy.array(numbers), side='left')
          new = numpy.bincount(places, minlength=len(bins['edges']) + 1).tolist()
          old = list(bins['counts'])
      else:
          keys = [value['value'] for value in bins['values']]
          new = [0] * len(keys)
          others = 0
          for cell in present:
              try:
                  key = next(i for i, k in enumerate(keys) if float(k) == float(cell))
              except (ValueError, StopIteration):
                  word = cell.lower() if cell in ('True', 'False', 'TRUE', 'FALSE') else cell
                  key = keys.index(word) if word in keys else -1
              if key < 0:
                  others += 1
              else:
                  new[key] += 1
          old = [value['count'] for value in bins['values']]
      old += [bins['others'], bins['missing']]
      new += [others, gone]
      index = 0
      for before, after in zip(old, new):
          if before or after:
              b = (before or 0.5) / sum(old)
              a = (after or 0.5) / sum(new)
              index += (a - b) * math.log(a / b)
      result[column['name']] = {'psi': index, 'counts': new}
  json.dump(result, sys.stdout)
  """

private func table(_ random: inout SplitMix64, rows: Int, shift: Double) -> String {
  var csv = "amount,score,few,segment,flag,code\n"
  let segments = ["retail", "private", "business", "other"]
  for _ in 0..<rows {
    let amount = random.next() % 20 == 0 ? "NA" : "\((random.normal() + shift) * 100)"
    let few = "\(random.next(upTo: 3) + (random.unit() < shift / 4 ? 1 : 0))"
    let segment = segments[min(random.next(upTo: 4) + (random.unit() < shift / 3 ? 1 : 0), 3)]
    let code = random.unit() < shift / 20 ? "broken" : "\(random.next(upTo: 500))"
    csv += "\(amount),\(random.unit() * (1 - shift / 5)),\(few),\(segment),"
    csv += "\(random.unit() < 0.3 + shift / 10 ? "true" : "false"),\(code)\n"
  }
  return csv
}

@Suite struct StabilityTests {
  @Test(arguments: [(0.0, 2_000), (0.3, 500), (1.0, 3_000), (3.0, 40)])
  func `the index agrees with an independent computation`(shift: Double, rows: Int) throws {
    var random = SplitMix64(seed: UInt64(rows))
    let baseline = try statistics(table(&random, rows: 5_000, shift: 0))
    let new = table(&random, rows: rows, shift: shift)
    let counts = try BinCounter.count(Array(new.utf8), baseline: baseline)
    let drift = PopulationStability.measure(counts)
    let question = JSONValue.object(
      JSONObject(sorted: [
        JSONObject.Member(name: "baseline", value: baseline.json),
        JSONObject.Member(name: "new", value: .string(new)),
      ]))
    let theirs = try oracle(psiScript, CanonicalJSON.encode(question))
    try #require(drift.columns.count == 6)
    for column in drift.columns {
      let wanted = theirs[column.name.string]
      #expect(agree(column.psi, wanted["psi"].number), "\(column.name.string)")
      let counted = counts.column(named: column.name)?.counts?.map { JSONValue.integer($0) }
      #expect(counted == wanted["counts"].array)
    }
    if shift == 0 { #expect(drift.columns.allSatisfy { $0.psi < 0.1 }) }
    if shift == 1 { #expect(drift.columns[0].psi > 0.2) }
  }

  @Test func `data counted into their own bins give the baseline's counts and an index of zero`()
    throws
  {
    let bytes = try Fixture.bytes("projects/breast-cancer/data/train.csv")
    let baseline = try DataStatistics.compute(bytes)
    let counts = try BinCounter.count(bytes, baseline: baseline)
    for (column, counted) in zip(baseline.columns, counts.columns) {
      #expect(counted.counts == column.bins.counts)
      #expect(PopulationStability.psi(baseline: column.bins, new: counted.counts ?? []) == 0)
    }
  }

  @Test func `the baseline may come from its stored document`() throws {
    let train = try Fixture.bytes("projects/breast-cancer/data/train.csv")
    let test = try Fixture.bytes("projects/breast-cancer/data/test.csv")
    let baseline = try DataStatistics.compute(train)
    let stored = try CanonicalJSON.encode(baseline.json)
    let read = try #require(DataStatistics(json: CanonicalJSON.decode(stored)))
    let ours = try PopulationStability.measure(BinCounter.count(test, baseline: baseline))
    #expect(try PopulationStability.measure(BinCounter.count(test, baseline: read)) == ours)
    #expect(ours.columns.count == 32)
  }

  @Test func `an empty bin counts half a row, a bin empty twice nothing`() {
    // Counts 10, 0 against 0, 10: each side has one empty bin.
    let index = PopulationStability.psi(baseline: [10, 0, 0], new: [0, 10, 0])
    // (0.05 − 1)·ln(0.05/1) + (1 − 0.05)·ln(1/0.05), by hand.
    #expect(agree(index, 2 * 0.95 * 2.995732273553991))
    #expect(PopulationStability.psi(baseline: [5, 5], new: [50, 50]) == 0)
    #expect(PopulationStability.psi(baseline: [5, 5], new: [1]) == nil)
    #expect(PopulationStability.psi(baseline: [5, 5], new: [0, 0]) == nil)
    #expect(PopulationStability.psi(baseline: [0, 0], new: [1, 0]) == nil)
  }

  @Test func `predictions are measured apart, by the name the baseline has`() throws {
    let baseline = try statistics("x,prediction\n1,0\n2,1\n3,0\n4,1\n")
    let counts = try BinCounter.count(
      Array("id,x,label\n7,1,1\n8,2,1\n9,3,1\n".utf8), baseline: baseline,
      renamed: ["label": "prediction"])
    let drift = PopulationStability.measure(counts, predictions: "prediction")
    #expect(drift.columns.map(\.name) == ["x"])
    #expect((drift.predictions ?? 0) > 0.2)
    #expect(counts.added == ["id"])
  }

  @Test func `a column that is gone is named, and one that falls silent drifts`() throws {
    var csv = "a,b\n"
    for row in 0..<100 { csv += "\(row),\(row)\n" }
    let baseline = try statistics(csv)
    let counts = try BinCounter.count(
      Array(("a\n" + String(repeating: "NA\n", count: 50)).utf8), baseline: baseline)
    let drift = PopulationStability.measure(counts)
    #expect(drift.unmeasured == ["b"])
    #expect(drift.columns.map(\.name) == ["a"] && drift.columns[0].psi > 1)
  }

  @Test func `words where numbers were are counted among the others`() throws {
    var csv = "a\n"
    for row in 0..<100 { csv += "\(row)\n" }
    let baseline = try statistics(csv)
    let counts = try BinCounter.count(
      Array("a\n5\nbroken\n2026-01-01\ntrue\n\n99.5\n".utf8), baseline: baseline)
    #expect(counts.columns[0].counts == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0])
  }

  @Test func `without a header, columns are matched by place`() throws {
    let options = CSVOptions(hasHeader: false)
    let baseline = try statistics("1,x\n2,x\n3,y\n3,y\n", options)
    let counts = try BinCounter.count(
      Array("3,x\n,z\n".utf8), baseline: baseline, options: options)
    #expect(counts.rows == 2)
    #expect(counts.columns[0].counts == [1, 0, 0, 0, 1])
    #expect(counts.columns[1].counts == [1, 0, 1, 0])
  }
}

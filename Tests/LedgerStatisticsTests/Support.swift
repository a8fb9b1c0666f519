// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerCodec
import LedgerDomain
import LedgerStatistics
import LedgerTestSupport
import Testing

/// Statistics of a text.
func statistics(_ csv: String, _ options: CSVOptions = CSVOptions()) throws -> DataStatistics {
  try DataStatistics.compute(Array(csv.utf8), options: options)
}

/// The error that computing statistics of bytes throws.
func dataError(_ bytes: [UInt8], _ options: CSVOptions = CSVOptions()) -> DataError? {
  do {
    _ = try DataStatistics.compute(bytes, options: options)
    return nil
  } catch { return error }
}

/// What a Python script answers, as JSON.
func oracle(_ script: String, _ input: [UInt8]) throws -> JSONValue {
  try JSONParser.parse(PythonOracle.run(script, input: input), options: .nonFiniteWords)
}

extension JSONValue {
  /// A member of an object.
  subscript(_ name: String) -> JSONValue { object?[Text(name)] ?? .null }

  /// A number, the words of DESIGN §3 too.
  var number: Double? {
    switch self {
    case .number(let value): value
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    case .string(let digits): Double(digits.string)
    default: nil
    }
  }
}

/// Whether two numbers are the same to 1e-9 of the greater; NaN equals NaN here.
func agree(_ ours: Double?, _ theirs: Double?) -> Bool {
  guard let ours, let theirs else { return ours == nil && theirs == nil }
  if ours == theirs || (ours.isNaN && theirs.isNaN) { return true }
  return abs(ours - theirs) <= 1e-9 * max(abs(ours), abs(theirs))
}

extension SplitMix64 {
  /// From 0 up to, not including, 1.
  mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

  /// About normally distributed.
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + unit() } }
}

/// A file opened for reading; stops the test where it cannot be.
func openFile(_ path: String) -> Int32 {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  precondition(descriptor >= 0, "a test could not open \(path)")
  return descriptor
}

/// Closes what `openFile` opened.
func closeFile(_ descriptor: Int32) { close(descriptor) }

extension [Double] {
  /// The first place from which on all elements belong.
  func partitioningIndex(where belongs: (Double) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading

/// The metrics that a command writes: a flat JSON object of numbers, or of the words `NaN`,
/// `Infinity` and `-Infinity` (quoted or, as Python writes them, bare).
public enum MetricsFile {
  /// The most metrics.
  public static let countLimit = 64
  /// The most bytes of a name.
  public static let nameLimit = 128
  /// The most bytes of the file.
  public static let sizeLimit = 64 * 1024

  /// Reads the file; nil when there is none. In the order of their names.
  public static func read(_ path: String) throws(MetricsError) -> [Metric]? {
    let bytes: [UInt8]
    do throws(DirectoryError) {
      bytes = try DurableFile.read(path, limit: sizeLimit, for: "read the metrics")
    } catch {
      if error.code == .notFound { return nil }
      throw MetricsError(.unreadable(error.reason))
    }
    return try parse(bytes)
  }

  /// Parses the file's bytes.
  public static func parse(_ bytes: [UInt8]) throws(MetricsError) -> [Metric] {
    let value: JSONValue
    do throws(CodecError) {
      value = try JSONParser.parse(bytes, options: [.nonFiniteWords, .doublesOnly])
    } catch {
      let before = bytes.prefix(error.offset)
      let line = before.count(where: { $0 == 10 }) + 1
      let column = before.reversed().prefix { $0 != 10 }.count(where: { $0 & 0xC0 != 0x80 }) + 1
      throw MetricsError(.syntax(line: line, column: column, "\(error.reason)"))
    }
    guard let object = value.object else { throw MetricsError(.notAnObject) }
    guard object.members.count <= countLimit else {
      throw MetricsError(.tooMany(object.members.count))
    }
    var metrics: [Metric] = []
    for member in object.members {
      let name = member.name.string
      guard !member.name.isBlank, name.utf8.count <= nameLimit, !RelativePath.hasControl(name)
      else { throw MetricsError(.badName(name)) }
      guard let number = number(member.value) else { throw MetricsError(.notANumber(name)) }
      metrics.append(Metric(name: member.name, value: number))
    }
    return metrics
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .number(let number): return number
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    default: return nil
    }
  }
}

/// Why a metrics file is refused.
public struct MetricsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Equatable, Sendable {
    /// It is no regular file, too large or forbidden.
    case unreadable(String)
    /// It is no JSON.
    case syntax(line: Int, column: Int, String)
    /// It is JSON, but no object.
    case notAnObject
    /// It holds more metrics than are taken.
    case tooMany(Int)
    /// A name is blank, too long or holds a control character.
    case badName(String)
    /// A value is no number.
    case notANumber(String)
  }

  /// What is wrong.
  public var reason: Reason

  init(_ reason: Reason) { self.reason = reason }

  /// What is wrong and what to do next.
  public var description: String {
    switch reason {
    case .unreadable(let why):
      "the metrics file cannot be read: \(why); write a regular file of at most "
        + "\(MetricsFile.sizeLimit) bytes"
    case .syntax(let line, let column, let what):
      "the metrics file is no JSON: line \(line), column \(column): \(what)"
    case .notAnObject:
      "the metrics file must hold one object, such as {\"accuracy\": 0.95}"
    case .tooMany(let count):
      "the metrics file holds \(count) metrics; \(MetricsFile.countLimit) are taken: "
        + "write the others into a file of the output folder"
    case .badName(let name):
      "the metric name \"\(name)\" is blank, longer than \(MetricsFile.nameLimit) bytes or holds a "
        + "control character"
    case .notANumber(let name):
      "the metric \(name) is no number; write a number, \"NaN\", \"Infinity\" or \"-Infinity\", "
        + "and nothing nested"
    }
  }
}

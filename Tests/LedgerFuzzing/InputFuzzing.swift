// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerStatistics
import LedgerTestSupport
import Transparency

/// What people and their tools hand in: schedules, tables, model files, signatures.
public enum InputFuzzing {
  /// Cron expressions. The first two bytes say where the search begins.
  public static func cron() -> FuzzTarget {
    var generator = CronGenerator(seed: 9)
    var seeds = ["@hourly", "*/5 0-6,22 29 feb *", "0 0 1 1 *", "@weekly", "59 23 31 12 sun"]
    for _ in 0..<40 { seeds.append(generator.expression()) }
    let inputs = seeds.map { [UInt8(3), 120] + Array($0.utf8) }
    return FuzzTarget(name: "cron", seeds: inputs) { bytes in
      guard bytes.count > 2, let text = String(validating: bytes.dropFirst(2), as: UTF8.self),
        let expression = try? CronExpression(text)
      else { return nil }
      // Whole days over about 180 years, and a minute of the day.
      let minute = Int64(bytes[0]) * 257 * 1440 + Int64(bytes[1]) * 5
      var last = minute
      for _ in 0..<3 {
        guard let next = expression.next(after: last) else { return nil }
        if next <= last { return "a schedule goes back in time" }
        if !expression.includes(next) { return "a schedule fires when it says it does not" }
        let gap = next - last
        for step in 1..<9 where gap > 8 {
          if expression.includes(last + gap * Int64(step) / 9) { return "a tick was left out" }
        }
        last = next
      }
      return nil
    }
  }

  /// Tables. The first byte says how they are read, the second in pieces of which size.
  public static func tables() -> FuzzTarget {
    let ways: [[UInt8]] = [[0, 1], [9, 3], [4, 255]]
    let seeds: [[UInt8]] = [
      "a,b,c\n1,2.5,x\n3,,\"y \"\"z\"\"\n", "\u{feff}a;b\r\n1;\"two\nlines\"\r\n\r\n3;4;5\r\n",
      "n\tm\rNaN\tinf\r-1e300\t0x10\r", "x|y|z\n2026-11-21|true|1_000\n|false|\n",
      "\"unclosed, a\nb", "a,a,\n1,2,3\n1\n", "",
    ].flatMap { text in ways.map { $0 + Array(text.utf8) } }
    return FuzzTarget(name: "tables", seeds: seeds) { bytes in
      guard bytes.count >= 2 else { return nil }
      let delimiter = CSVOptions.Delimiter.allCases
      let choice = Int(bytes[0] & 7)
      let options = CSVOptions(
        delimiter: choice < delimiter.count ? delimiter[choice] : nil,
        hasHeader: bytes[0] & 8 == 0, fieldLimitBytes: bytes[0] & 16 == 0 ? 8 << 20 : 16)
      let data = Array(bytes.dropFirst(2))
      let whole = Result { try DataStatistics.compute(data, options: options) }
      let pieces = Result { try statistics(data, pieces: Int(bytes[1]) + 1, options) }
      switch (whole, pieces) {
      case (.success(let one), .success(let two)):
        if options.hasHeader, options.fieldLimitBytes > 16 {
          let rows = try? rows(data, pieces: Int(bytes[1]) + 1, options.delimiter)
          if rows != one.rows { return "two ways to count rows differ" }
        }
        // Writing takes longer than reading, so one table in eight is written. So are those that are
        // not equal: a mean that is no number is not equal to itself.
        let isEqual = one == two
        if isEqual, data.reduce(0, &+) & 7 != 0 { return nil }
        guard let written = try? CanonicalJSON.encode(one.json) else {
          return "statistics cannot be written"
        }
        guard isEqual || written == (try? CanonicalJSON.encode(two.json)),
          one.oddities == two.oddities
        else { return "a table's statistics depend on how it arrived" }
        guard let read = try? CanonicalJSON.decode(written),
          let again = DataStatistics(json: read), (try? CanonicalJSON.encode(again.json)) == written
        else { return "statistics are others after they were written" }
        return nil
      case (.failure(let one as DataError), .failure(let two as DataError)):
        return one == two ? nil : "a table is refused for two reasons"
      default:
        return "a table is refused in pieces only, or only whole"
      }
    }
  }

  private static func statistics(
    _ data: [UInt8], pieces size: Int, _ options: CSVOptions
  ) throws -> DataStatistics {
    var builder = StatisticsBuilder(options)
    var start = 0
    while start < data.count {
      let end = min(data.count, start + size)
      try data[start..<end].withUnsafeBytes { try builder.consume($0) }
      start = end
    }
    return try builder.finish()
  }

  private static func rows(
    _ data: [UInt8], pieces size: Int, _ delimiter: CSVOptions.Delimiter?
  ) throws -> UInt64 {
    var counter = RowCounter(.table(delimiter))
    var start = 0
    while start < data.count {
      let end = min(data.count, start + size)
      try data[start..<end].withUnsafeBytes { try counter.consume($0) }
      start = end
    }
    return try counter.finish()
  }

  /// Model files of one form: what they say of themselves is bounded and can be written down.
  public static func models(_ form: String, _ files: [String]) -> FuzzTarget {
    let seeds = files.compactMap { try? Fixture.bytes("models/\($0)") }
    let table = try? DataStatistics.compute(Array("radius,texture\n1,2\n3,x\n".utf8))
    return FuzzTarget(name: form, seeds: seeds) { bytes in
      guard let model = try? ModelFile.inspect(bytes, name: "model.\(form)") else { return nil }
      guard (try? CanonicalJSON.encode(model.json)) != nil else {
        return "what a model says of itself cannot be written"
      }
      guard let table else { return "the table is none" }
      return (try? CanonicalJSON.encode(model.validate(against: table).json)) != nil
        ? nil : "how a model fits its data cannot be written"
    }
  }

  /// Signatures and keys as `ssh-keygen` writes them.
  public static func signatures() -> FuzzTarget {
    var seeds: [[UInt8]] = []
    for name in [
      "ed25519-sha256", "ed25519-sha512", "ecdsa-sha256", "ecdsa-sha512", "sk-ed25519-touched",
      "sk-ecdsa-touched",
    ] {
      guard let armored = try? Fixture.bytes("signatures/\(name).sig") else { continue }
      seeds.append(armored)
      if let signature = try? SSHSignature(armored: armored) { seeds.append(signature.key.blob) }
    }
    return FuzzTarget(name: "signatures", seeds: seeds) { bytes in
      if let key = try? SSHVerifyingKey(blob: bytes), key.blob != bytes {
        return "a key has two spellings"
      }
      guard let signature = try? SSHSignature(armored: bytes) else { return nil }
      if (try? SSHVerifyingKey(blob: signature.key.blob)) == nil {
        return "a signature's key is none by itself"
      }
      return nil
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import LedgerStatistics

/// Statistics of a CSV file: rows a second and the most memory used.
enum Tables {
  /// Arguments: FILE. One pass; prints what it took.
  static func statistics(_ arguments: [String]) {
    guard let path = arguments.first else { Bench.usage() }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { Bench.fail("cannot open \(path)") }
    var bytes = 0
    let start = processorTime()
    do {
      let found = try DataStatistics.compute(readingFrom: descriptor) { bytes += $0.count }
      let seconds = processorTime() - start
      print("rows \(found.rows) columns \(found.columns.count) bytes \(bytes)")
      print("seconds \(seconds) rows/s \(Double(found.rows) / seconds)")
      print("MB/s \(Double(bytes) / seconds / 1e6)")
      let again = lseek(descriptor, 0, SEEK_SET)
      guard again == 0 else { return }
      let counting = processorTime()
      let counts = try BinCounter.count(readingFrom: descriptor, baseline: found)
      print("counting-rows/s \(Double(counts.rows) / (processorTime() - counting))")
    } catch { Bench.fail(error) }
    print("peak-MiB \(peakMemory())")
  }

  /// Seconds that this process has computed: one thread, so seconds of one core.
  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The most memory that was ever resident, in MiB.
  private static func peakMemory() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  /// Arguments: FILE ROWS. Writes a table of eight kinds of columns, the same each time.
  static func make(_ arguments: [String]) {
    guard arguments.count == 2, let rows = Int(arguments[1]), let file = fopen(arguments[0], "w")
    else { Bench.usage() }
    var state: UInt64 = 7
    func random() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    fputs("id,age,income,score,segment,active,since,note\n", file)
    let segments = ["retail", "private", "business", "public", "other"]
    for row in 0..<rows {
      let age = random() % 50 == 0 ? "" : String(18 + random() % 70)
      let income = String(Double(random() % 10_000_000) / 100)
      let unit = Double(random()) / 2_147_483_648
      let score = String(unit * unit + Double(random()) / 1e12)
      let day = 1 + random() % 28
      let since = "20\(10 + random() % 16)-\(10 + random() % 3)-\(day < 10 ? "0" : "")\(day)"
      let note = random() % 8 == 0 ? "\"said \"\"no\"\", twice\"" : "note \(random() % 1_000_000)"
      fputs(
        "\(row),\(age),\(income),\(score),\(segments[Int(random() % 5)]),"
          + "\(random() % 3 == 0),\(since),\(note)\n", file)
    }
    fclose(file)
  }
}

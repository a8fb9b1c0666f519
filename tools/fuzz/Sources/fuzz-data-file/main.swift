// SPDX-License-Identifier: Apache-2.0
// fuzz-data-file — changes the data file of a small ledger again and again, and has each verified.
//
//   fuzz-data-file FOLDER --count N [--first K] [--seed S] [--control]
//   fuzz-data-file FOLDER --one K [--seed S]      one of them in this process, to look at
//
// FOLDER must not exist. Prints one line; exit 1 when a change was silent, hung, or made the
// program trap. With --control nothing is verified, and many must be silent.

import Glibc
import LedgerFuzzing

/// What the command line asks for.
struct Request {
  var folder = ""
  var count: UInt64 = 1000
  var first: UInt64 = 0
  var seed: UInt64 = 2026
  var one: UInt64?
  var isControl = false
  var isChild = false

  init?(_ words: [String]) {
    var rest = words.dropFirst()
    while let word = rest.popFirst() {
      switch word {
      case "--control": isControl = true
      case "--child": isChild = true
      case "--count", "--first", "--seed", "--one":
        guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
        switch word {
        case "--count": count = number
        case "--first": first = number
        case "--seed": seed = number
        default: one = number
        }
      default: folder = word
      }
    }
    if folder.isEmpty { return nil }
  }
}

/// A line on standard error.
func remark(_ words: String) {
  let line = Array((words + "\n").utf8)
  _ = write(2, line, line.count)
}

func run(_ request: Request) throws -> Int32 {
  let sample = try DataFileSample.make(at: request.folder)
  let mutator = DataFileMutator(sample, seed: request.seed)
  if let one = request.one {
    let change = mutator.change(one)
    print("\(one): \(change.what)")
    guard let file = fopen(DataFileSample.dataFile(of: request.folder), "w") else { return 74 }
    fwrite(change.bytes, 1, change.bytes.count, file)
    fclose(file)
    print(DataFileReading.judge(request.folder))
    return 0
  }
  let trial = try DataFileTrial(
    sample, executable: "/proc/self/exe",
    arguments: [request.folder, "--child"] + (request.isControl ? ["--control"] : []))
  guard trial.judge(sample.sound) == .harmless else {
    print("the sound ledger is not read as it is: \(trial.judge(sample.sound))")
    return 70
  }
  var (harmless, told, died, broken) = (0, 0, 0, 0)
  var codes: [String: Int] = [:]
  for number in request.first..<request.first + request.count {
    let change = mutator.change(number)
    switch trial.judge(change.bytes) {
    case .harmless: harmless += 1
    case .told(let code):
      told += 1
      codes[String(code.prefix { $0 != " " }), default: 0] += 1
    case .died: died += 1
    case .broken(let why):
      broken += 1
      if broken <= 20, !request.isControl {
        remark("FOUND \(number): \(why): \(change.what)")
      }
    }
  }
  trial.end()
  let kinds = codes.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }
  remark("told of first: \(kinds.joined(separator: ", "))")
  print(
    "| data file\(request.isControl ? ", nothing verified" : "") (\(sample.sound.count / 4096) pages) "
      + "| \(request.count) changes: \(told) told of, \(died) by a reader that died, "
      + "\(harmless) without effect on anything read | "
      + "\(broken == 0 ? "nothing found" : "\(broken) FOUND") |")
  return broken == 0 ? 0 : 1
}

guard let request = Request(CommandLine.arguments) else {
  remark("usage: fuzz-data-file FOLDER [--count N] [--first K] [--seed S] [--control]")
  exit(64)
}
if request.isChild {
  DataFileTrial.answer(request.folder, verifying: !request.isControl)
  exit(0)
}
exit(try run(request))

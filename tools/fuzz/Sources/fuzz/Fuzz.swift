// SPDX-License-Identifier: Apache-2.0
// fuzz — runs one target of LedgerFuzzing under libFuzzer: fuzz TARGET [libFuzzer's arguments].
// `fuzz --targets` prints their names; `fuzz --seeds TARGET DIRECTORY` writes the inputs to begin
// from. Built with `--sanitize fuzzer`, which brings `main`; what is wrong ends the process, and
// libFuzzer keeps the input.

import Glibc
import LedgerFuzzing

/// The target under test. Set once, before libFuzzer starts; it calls on one thread alone.
nonisolated(unsafe) private var target: FuzzTarget?

/// Takes the target's name out of the arguments.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
  let words = (0..<Int(count.pointee)).map {
    arguments.pointee[$0].map { String(cString: $0) } ?? ""
  }
  let targets = FuzzTarget.all()
  func named(_ name: String) -> FuzzTarget {
    guard let target = targets.first(where: { $0.name == name }) else {
      fatalError("no target '\(name)'; there are: \(targets.map(\.name))")
    }
    return target
  }
  switch words.dropFirst().first {
  case "--targets"?:
    for target in targets { print(target.name) }
    exit(0)
  case "--seeds"? where words.count == 4:
    write(named(words[2]).seeds, into: words[3])
    exit(0)
  case let name?:
    target = named(name)
  case nil:
    fatalError("usage: fuzz TARGET [libFuzzer's arguments] | --targets | --seeds TARGET DIRECTORY")
  }
  // The program's name moves to where the target's was.
  arguments.pointee[1] = arguments.pointee[0]
  arguments.pointee += 1
  count.pointee -= 1
  return 0
}

/// Tries one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  if let target, let wrong = target.check(input) { fatalError("\(target.name): \(wrong)") }
  return 0
}

private func write(_ seeds: [[UInt8]], into folder: String) {
  for (number, seed) in seeds.enumerated() {
    let file = open("\(folder)/seed-\(number)", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    guard file >= 0, Glibc.write(file, seed, seed.count) == seed.count else {
      fatalError("cannot write to '\(folder)'")
    }
    close(file)
  }
}

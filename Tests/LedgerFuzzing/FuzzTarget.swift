// SPDX-License-Identifier: Apache-2.0

import LedgerTestSupport

/// What has to hold for any bytes at all: for libFuzzer (tools/fuzz) and, with the mutations of
/// `Mutator`, for the ordinary tests.
public struct FuzzTarget: Sendable, CustomStringConvertible {
  /// The name in tools/fuzz.
  public let name: String

  /// Inputs to begin from, right ones among them.
  public let seeds: [[UInt8]]

  /// What is wrong when these bytes are read; nil when nothing is.
  public let check: @Sendable ([UInt8]) -> String?

  /// The name: the inputs would fill pages.
  public var description: String { name }

  /// Gathers the members.
  public init(
    name: String, seeds: [[UInt8]], check: @escaping @Sendable ([UInt8]) -> String?
  ) {
    self.name = name
    self.seeds = seeds
    self.check = check
  }

  /// All targets.
  public static func all() -> [FuzzTarget] {
    [
      ProofFuzzing.target(), NoteFuzzing.checkpoints(), NoteFuzzing.proofFiles(),
      TextFuzzing.target(), LeafFuzzing.leaves(), LeafFuzzing.json(), LogFuzzing.target(),
      InputFuzzing.cron(), InputFuzzing.tables(), InputFuzzing.signatures(),
      InputFuzzing.models("pmml", ["tumour-lr.pmml", "tumour-tree.pmml"]),
      InputFuzzing.models("onnx", ["tumour-lr.onnx", "tumour-tree-columns.onnx"]),
      InputFuzzing.models("zip", ["tumour-gbm.mojo.zip"]),
      InputFuzzing.models(
        "pickle", ["tumour-lr-0.pickle", "tumour-lr.pickle", "tumour-lr.joblib"]),
    ]
  }
}

/// Changes inputs as fuzzers without coverage do: the same seed makes the same inputs.
public struct Mutator {
  private var random: SplitMix64
  private let seeds: [[UInt8]]

  /// Starts from these inputs.
  public init(seeds: [[UInt8]], seed: UInt64) {
    self.seeds = seeds.isEmpty ? [[]] : seeds
    random = SplitMix64(seed: seed)
  }

  /// The next input: one of the seeds, changed one to four times.
  public mutating func next() -> [UInt8] {
    var bytes = random.pick(seeds)
    for _ in 0...random.below(4) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let place = random.below(bytes.count + 1)
    let isInside = place < bytes.count
    switch random.below(9) {
    case 0 where isInside: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1 where isInside: bytes[place] = random.pick(Self.bytes)
    case 2 where isInside: bytes.remove(at: place)
    case 3: bytes.insert(random.pick(Self.bytes), at: place)
    case 4 where isInside:
      let end = min(bytes.count, place + random.below(12) + 1)
      bytes.removeSubrange(place..<end)
    case 5 where isInside:
      let end = min(bytes.count, place + random.below(48) + 1)
      bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
    case 6 where isInside: bytes.swapAt(place, random.below(bytes.count))
    case 7:
      let other = random.pick(seeds)
      let start = random.below(other.count + 1)
      bytes.insert(contentsOf: other[start..<min(other.count, start + random.below(64))], at: place)
    default: bytes.insert(UInt8(random.below(256)), at: place)
    }
  }

  /// Bytes that mean something to texts or to numbers.
  private static let bytes =
    Array("\n\n\r\t +-/=.x0179AZaz_".utf8) + [0x00, 0x01, 0x7F, 0x80, 0xC3, 0xE2, 0xFF]
}

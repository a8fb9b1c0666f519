// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerReading

/// Rows read by one reader, which takes what repeats from its memory.
@Suite struct RowMemoryTests {
  /// Reads each row with one reader, as a scan does.
  private func scan(_ rows: [(EntityKey, [UInt8])]) -> [Result<Entity, RowError>] {
    let bytes = rows.flatMap { $0.1 }
    return bytes.withUnsafeBytes { bytes in
      var reader = RowReader(UnsafeRawBufferPointer(start: nil, count: 0))
      var offset = 0
      return rows.map { (key, row) in
        reader.begin(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + row.count)]))
        offset += row.count
        return Result { () throws(RowError) in try reader.entity(key) }
      }
    }
  }

  /// Jobs and versions that differ in few fields: two of each, in every mixture.
  private func neighbours(seed: UInt64) -> [Entity] {
    var generator = RowsGenerator(seed: seed)
    let jobs: [Job] = (0..<2).map { _ in
      while true {
        if case .job(let job) = generator.entity(.job), job.runner != nil { return job }
      }
    }
    return (0..<64).map { mixture in
      func pick<Value>(_ bit: Int, _ value: (Job) -> Value) -> Value {
        value(jobs[mixture >> bit & 1])
      }
      var job = jobs[0]
      job.createdBy = pick(0) { $0.createdBy }
      job.project = pick(1) { $0.project }
      job.subject = pick(2) { $0.subject }
      job.runner?.machine = pick(3) { $0.runner!.machine }
      job.runner?.boot = pick(4) { $0.runner!.boot }
      job.runner?.tool = pick(5) { $0.runner!.tool }
      guard mixture % 3 == 0, case .version(var version) = generator.entity(.version) else {
        return .job(job)
      }
      version.maker = job.createdBy
      return .version(version)
    }
  }

  @Test("a row read after others is what it is alone", arguments: UInt64(0)..<100)
  func neighboursAreKeptApart(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let entities = neighbours(seed: seed).shuffled(using: &random)
    let read = scan(entities.map { ($0.key, row($0)) })
    #expect(try read.map { try $0.get() } == entities)
  }

  @Test("a row cut off or changed after others is refused as it is alone", arguments: UInt64(0)..<4)
  func damageAfterOthers(seed: UInt64) {
    let sound = neighbours(seed: seed)[0]
    let bytes = row(sound)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      for damaged in [Array(bytes[..<index]), changed] {
        let read = scan([(sound.key, bytes), (sound.key, damaged), (sound.key, bytes)])
        let alone = Result { () throws(RowError) in try decoded(sound.key, damaged) }
        // Only a difference is worth a word for each of so many.
        if read[1] != alone || read[2] != .success(sound) {
          Issue.record("\(damaged) is \(alone) alone and \(read) after others")
        }
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

@Suite struct ModelFileTests {
  @Test func `content decides the format, the name only where content does not`() throws {
    for (name, format) in [
      ("tumour-lr.pmml", ModelFormat.pmml), ("tumour-lr.onnx", .onnx),
      ("tumour-gbm.mojo.zip", .mojo), ("tumour-lr.pickle", .pickle), ("tumour-lr.joblib", .joblib),
    ] {
      #expect(try ModelFile.inspect(modelBytes(name), name: name).format == format)
      // By another name it is what it is.
      #expect(try ModelFile.inspect(modelBytes(name), name: "model.bin").format == format)
    }
    #expect(try ModelFile.inspect(Array("{}".utf8), name: "m.json").format == .other)
    #expect(try ModelFile.inspect([], name: "m").details == .other("an empty file"))
    #expect(modelError([1, 2, 3], "m.pmml") != nil && modelError([1, 2, 3], "m.pkl") != nil)
  }

  @Test func `a file is described as its bytes are, and its offset stays`() throws {
    for name in [
      "tumour-lr.pmml", "tumour-tree-columns.onnx", "tumour-gbm.mojo.zip", "tumour-tree.joblib",
    ] {
      let descriptor = openFile(Fixture.path("models/\(name)"))
      defer { closeFile(descriptor) }
      #expect(try ModelFile.inspect(readingFrom: descriptor, name: name) == inspect(name))
    }
    #expect(throws: ModelError.self) { try ModelFile.inspect(readingFrom: -1, name: "x") }
  }

  @Test(arguments: [
    "tumour-lr.pmml", "tumour-lr.onnx", "tumour-tree-columns.onnx", "tumour-gbm.mojo.zip",
    "tumour-lr.pickle", "tumour-lr-0.pickle", "tumour-tree.joblib", "compressed.joblib",
  ])
  func `a file cut off anywhere, or with bytes changed, never traps`(name: String) throws {
    let bytes = try modelBytes(name)
    let data = try statistics("radius_mean,x\n1,2\n")
    for length in 0..<bytes.count {
      let cut = Result { try ModelFile.inspect(Array(bytes[..<length]), name: name) }
      // A model cut off is an error, or a pickle that says it is not whole.
      if case .success(let found) = cut {
        if case .pickle(let program) = found.details { #expect(!program.isComplete) }
        _ = found.validate(against: data)
      }
    }
    var random = SplitMix64(seed: UInt64(bytes.count))
    for _ in 0..<1_000 {
      var changed = bytes
      for _ in 0...random.next(upTo: 4) {
        changed[random.next(upTo: bytes.count)] = UInt8(random.next() % 256)
      }
      if let found = try? ModelFile.inspect(changed, name: name) {
        _ = try CanonicalJSON.encode(found.json)
        _ = found.validate(against: data)
      }
    }
  }
}

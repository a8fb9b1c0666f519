// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

@Suite struct PickleTests {
  @Test func `imports are those that Python's pickletools finds`() throws {
    let script = """
      import json, pickletools, sys
      data = sys.stdin.buffer.read()
      found, words = set(), []
      for code, argument, place in pickletools.genops(data):
          if code.name == 'GLOBAL':
              found.add('.'.join(argument.split(' ')))
          if 'UNICODE' in code.name:
              words.append(argument)
      json.dump(sorted(found), sys.stdout)
      """
    guard case .pickle(let old) = try inspect("tumour-lr-0.pickle").details else {
      throw Unexpected()
    }
    #expect(
      try oracle(script, modelBytes("tumour-lr-0.pickle")).array
        == old.imports.map(JSONValue.string))
    #expect(old.isComplete && old.protocolVersion == 0)
    guard case .pickle(let new) = try inspect("tumour-lr.pickle").details else {
      throw Unexpected()
    }
    #expect(new.isComplete && new.protocolVersion == 5)
    for name: Text in [
      "sklearn.pipeline.Pipeline", "sklearn.linear_model._logistic.LogisticRegression",
      "sklearn.preprocessing._data.StandardScaler", "numpy.dtype",
    ] { #expect(new.imports.contains(name), "\(name.string)") }
    #expect(new.alarming.isEmpty && old.alarming.isEmpty)
  }

  @Test func `arrays between joblib's instructions are stepped over`() throws {
    for name in ["tumour-lr.joblib", "tumour-tree.joblib"] {
      let description = try inspect(name)
      guard case .pickle(let program) = description.details else { throw Unexpected() }
      #expect(description.format == .joblib && program.isComplete, "\(name)")
      #expect(program.imports.contains("joblib.numpy_pickle.NumpyArrayWrapper"))
    }
    guard case .pickle(let packed) = try inspect("compressed.joblib").details else {
      throw Unexpected()
    }
    #expect(packed.compression == "zlib" && packed.isComplete)
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5])
  func `what reaches outside a model is alarming in every protocol`(version: Int) throws {
    let script = """
      import pickle, sys
      class Evil:
          def __reduce__(self):
              import os
              return (os.system, ('true',))
      sys.stdout.buffer.write(pickle.dumps({'model': [1, 'x', 2.5, None], 'e': Evil()}, \(version)))
      """
    let bytes = try PythonOracle.run(script, input: [])
    guard case .pickle(let program) = try ModelFile.inspect(bytes, name: "m.pkl").details else {
      throw Unexpected()
    }
    #expect(program.alarming == ["posix.system"] && program.isComplete)
    let description = ModelDescription(format: .pickle, details: .pickle(program))
    let validation = try description.validate(against: statistics("a\n1\n"))
    #expect(validation.verdict == .notApplicable)
    #expect(validation.findings.map(\.code) == [.alarmingImport])
  }

  @Test func `an endless pickle and a deep one end`() throws {
    var deep: [UInt8] = [0x80, 4]
    deep += [UInt8](repeating: 0x28, count: 2_000_000)
    guard case .pickle(let program) = try ModelFile.inspect(deep, name: "m").details else {
      throw Unexpected()
    }
    #expect(!program.isComplete)
    let tuples: [UInt8] = [0x80, 2, 0x4b, 1] + [UInt8](repeating: 0x85, count: 2_000_000) + [0x2e]
    guard case .pickle(let nested) = try ModelFile.inspect(tuples, name: "m").details else {
      throw Unexpected()
    }
    #expect(nested.isComplete)
  }
}

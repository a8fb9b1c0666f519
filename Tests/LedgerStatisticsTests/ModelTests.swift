// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

private let features: [Text] = [
  "radius_mean", "texture_mean", "concave_points_mean", "area_worst", "smoothness_worst",
]

private func fixture(_ name: String) throws -> [UInt8] { try Fixture.bytes("models/\(name)") }

private func inspect(_ name: String) throws -> ModelDescription {
  try ModelFile.inspect(fixture(name), name: name)
}

private func modelError(_ bytes: [UInt8], _ name: String) -> ModelError? {
  do {
    _ = try ModelFile.inspect(bytes, name: name)
    return nil
  } catch { return error }
}

/// A PMML document around some elements.
private func pmml(_ inside: String, before: String = "") -> [UInt8] {
  Array(
    """
    <?xml version="1.0"?>\(before)
    <PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">\(inside)</PMML>
    """.utf8)
}

private let treeOfNothing = """
  <DataDictionary><DataField name="x" optype="continuous" dataType="double"/></DataDictionary>
  <TreeModel functionName="regression"><MiningSchema><MiningField name="x"/></MiningSchema></TreeModel>
  """

@Suite struct PMMLTests {
  @Test func `a document by nyoka says what it wants`() throws {
    guard case .pmml(let model) = try inspect("tumour-lr.pmml").details else { throw Unexpected() }
    #expect(model.version == "4.4.1" && model.application == "Nyoka 5.5.0")
    #expect(model.element == "RegressionModel" && model.function == "classification")
    #expect(model.dataFields.map(\.name) == features + ["diagnosis"])
    #expect(model.dataFields[5].optype == "categorical" && model.dataFields[5].dataType == "string")
    #expect(model.dataFields[5].validValues == ["B", "M"])
    #expect(model.miningFields.filter { $0.usage == "active" }.map(\.name) == features)
    #expect(model.miningFields.filter { $0.usage == "target" }.map(\.name) == ["diagnosis"])
    #expect(model.outputs.contains { $0.name == "probability_M" && $0.kind == "probability" })
    guard case .pmml(let tree) = try inspect("tumour-tree.pmml").details else { throw Unexpected() }
    #expect(tree.element == "TreeModel" && tree.models == 1)
  }

  @Test(arguments: ["tumour-lr.pmml", "tumour-tree.pmml"])
  func `what it wants is what Python's own XML reader finds`(name: String) throws {
    let script = """
      import json, sys
      import xml.etree.ElementTree as tree
      root = tree.parse(sys.stdin.buffer).getroot()
      space = '{http://www.dmg.org/PMML-4_4}'
      model = next(e for e in root if 'functionName' in e.attrib)
      json.dump({
        'data': [[f.get('name'), f.get('optype'), f.get('dataType')] for f in root.iter(space + 'DataField')],
        'schema': [[f.get('name'), f.get('usageType', 'active')] for f in
                   model.find(space + 'MiningSchema')]}, sys.stdout)
      """
    guard case .pmml(let model) = try inspect(name).details else { throw Unexpected() }
    let theirs = try oracle(script, fixture(name))
    let data = model.dataFields.map {
      JSONValue.array([$0.name, $0.optype, $0.dataType].map(JSONValue.string))
    }
    #expect(theirs["data"].array == data)
    let schema = model.miningFields.map {
      JSONValue.array([$0.name, $0.usage].map(JSONValue.string))
    }
    #expect(theirs["schema"].array == schema)
  }

  @Test func `a DOCTYPE is refused, whatever it says`() {
    for declaration in [
      "<!DOCTYPE PMML>", "<!DOCTYPE PMML SYSTEM \"file:///etc/passwd\">",
      """
      <!DOCTYPE PMML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
      <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
      """,
    ] {
      let bytes = pmml("<Header description=\"x\"/>\(treeOfNothing)", before: declaration)
      #expect(modelError(bytes, "m.pmml") == .doctype(line: 1))
    }
    #expect(modelError(pmml("<Header>&a;</Header>\(treeOfNothing)"), "m.pmml") != nil)
  }

  @Test func `depth beyond the limit is refused at once`() {
    let deep = String(repeating: "<Extension>", count: 100_000)
    #expect(
      modelError(pmml(deep), "m.pmml") == .tooLarge(.pmml, what: "a depth", limit: 256))
  }

  @Test func `a tag without end is refused before it is kept`() {
    let bytes = pmml("<Header copyright=\"" + String(repeating: "x", count: 4 << 20))
    guard case .tooLarge(.pmml, "a tag", _)? = modelError(bytes, "m.pmml") else {
      Issue.record("\(String(describing: modelError(bytes, "m.pmml")))")
      return
    }
  }

  @Test func `what is no PMML is said to be none`() {
    for text in [
      "<PMML/>", "<PMML version='4.4'/>", "<html>PMML</html>", "<PMML version='4.4'>", "",
      "<a:PMML xmlns:a='x' version='4.4'></a:PMML>", "<PMML version='4.4'><b></PMML>",
    ] { #expect(modelError(Array(text.utf8), "m.pmml") != nil, "\(text)") }
  }

  @Test func `prefixes, UTF-16 and other versions are read`() throws {
    let prefixed = """
      <p:PMML xmlns:p="http://www.dmg.org/PMML-3_2" version="3.2"><p:DataDictionary>
      <p:DataField name="größe" optype="continuous" dataType="double"/></p:DataDictionary>
      <p:TreeModel functionName="regression"><p:MiningSchema><p:MiningField name="größe"/>
      </p:MiningSchema></p:TreeModel></p:PMML>
      """
    var wide: [UInt8] = [0xff, 0xfe]
    for unit in prefixed.utf16 { wide += [UInt8(unit & 0xff), UInt8(unit >> 8)] }
    for bytes in [Array(prefixed.utf8), wide] {
      let description = try ModelFile.inspect(bytes, name: "model")
      guard case .pmml(let model) = description.details else { throw Unexpected() }
      #expect(model.dataFields.map(\.name) == ["größe"] && model.version == "3.2")
      #expect(model.miningFields.map(\.usage) == ["active"])
    }
  }

  @Test func `fields of segments and of local transformations are not the model's`() throws {
    let bytes = pmml(
      """
      \(treeOfNothing)<MiningModel functionName="regression"><MiningSchema>
      <MiningField name="z"/></MiningSchema></MiningModel>
      """)
    guard case .pmml(let model) = try ModelFile.inspect(bytes, name: "m").details else {
      throw Unexpected()
    }
    #expect(model.models == 2 && model.element == "TreeModel")
    #expect(model.miningFields.map(\.name) == ["x"])
  }
}

@Suite struct ONNXTests {
  @Test(arguments: ["tumour-lr.onnx", "tumour-tree-columns.onnx"])
  func `a model by skl2onnx says what the onnx package finds`(name: String) throws {
    let script = """
      import json, sys
      import onnx
      model = onnx.load_from_string(sys.stdin.buffer.read())
      def value(v):
          tensor = v.type.tensor_type
          return [v.name, onnx.TensorProto.DataType.Name(tensor.elem_type).lower(),
                  [d.dim_value if d.HasField('dim_value') else None for d in tensor.shape.dim]]
      given = {i.name for i in model.graph.initializer}
      json.dump({
        'ir': model.ir_version, 'producer': [model.producer_name, model.producer_version],
        'opsets': [[o.domain, o.version] for o in model.opset_import],
        'inputs': [value(v) for v in model.graph.input if v.name not in given],
        'outputs': [value(v) for v in model.graph.output], 'nodes': len(model.graph.node),
        'operators': sorted({n.op_type for n in model.graph.node}),
        'initializers': len(model.graph.initializer)}, sys.stdout)
      """
    guard case .onnx(let model) = try inspect(name).details else { throw Unexpected() }
    let theirs = try oracle(script, fixture(name))
    func value(_ value: ONNXModel.Value) -> JSONValue {
      let shape = (value.shape ?? []).map { dimension -> JSONValue in
        if case .size(let size) = dimension { .integer(size) } else { .null }
      }
      return .array([.string(value.name), .string(value.elementType ?? ""), .array(shape)])
    }
    #expect(theirs["ir"].number == Double(model.irVersion))
    #expect(theirs["producer"].array == [.string(model.producer), .string(model.producerVersion)])
    let sets = model.operatorSets.map {
      JSONValue.array([.string($0.domain), .integer($0.version)])
    }
    #expect(theirs["opsets"].array == sets)
    #expect(theirs["inputs"].array == model.inputs.map(value))
    #expect(theirs["outputs"].array == model.outputs.map(value))
    #expect(theirs["nodes"].number == Double(model.nodes))
    #expect(theirs["initializers"].number == Double(model.initializers))
    #expect(theirs["operators"].array == model.operators.map(JSONValue.string))
  }

  @Test func `initialisers are no inputs, and shapes, sequences and maps are told`() throws {
    let script = """
      import sys
      import numpy, onnx
      from onnx import helper, numpy_helper, TensorProto as T
      x = helper.make_tensor_value_info('x', T.DOUBLE, ['batch', 3])
      w = helper.make_tensor_value_info('w', T.FLOAT, [3])
      scalar = helper.make_tensor_value_info('flag', T.BOOL, None)
      words = helper.make_tensor_sequence_value_info('words', T.STRING, None)
      graph = helper.make_graph(
          [helper.make_node('Identity', ['x'], ['y'])], 'g', [x, w, scalar, words],
          [helper.make_tensor_value_info('y', T.DOUBLE, [None, 3])],
          [numpy_helper.from_array(numpy.zeros(3, dtype=numpy.float32), 'w')])
      model = helper.make_model(graph, producer_name='test', opset_imports=[helper.make_opsetid('', 18)])
      sys.stdout.buffer.write(model.SerializeToString())
      """
    let bytes = try PythonOracle.run(script, input: [])
    guard case .onnx(let model) = try ModelFile.inspect(bytes, name: "m").details else {
      throw Unexpected()
    }
    #expect(model.inputs.map(\.name) == ["x", "flag", "words"])
    #expect(model.inputs[0].shape == [.named("batch"), .size(3)])
    #expect(model.inputs[0].elementType == "double")
    #expect(model.inputs[1].shape == nil && model.inputs[2].kind == "sequence")
  }

  @Test func `lengths that lie and endless numbers are errors`() {
    let liar: [UInt8] = [0x08, 0x08, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
    for bytes in [
      liar, [0x08, 0x08, 0x3a, 0x05, 0x0a], [0x08, 0x08], [UInt8](repeating: 0xff, count: 40),
      [0x08, 0x08, 0x3b], [0x00, 0x08], [],
    ] { #expect(modelError(bytes, "m.onnx") != nil) }
  }
}

@Suite struct MOJOTests {
  @Test func `model.ini is read from the archive`() throws {
    guard case .mojo(let model) = try inspect("tumour-gbm.mojo.zip").details else {
      throw Unexpected()
    }
    #expect(model["algo"] == "gbm" && model["mojo_version"] == "1.40")
    #expect(model.columns == features + ["diagnosis"])
    #expect(model.domains == [5: 2] && model.files == 3)
  }

  @Test func `Python's archives are read whatever their form`() throws {
    let script = """
      import io, sys, zipfile
      ini = '[info]\\nalgo = gbm\\n[columns]\\na\\nb\\n'
      out = io.BytesIO()
      kind = sys.stdin.read()
      with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
          archive.comment = b'PK\\5\\6 a comment that looks like an end' if kind == 'comment' else b''
          if kind == 'traversal':
              archive.writestr('../../etc/cron.d/x', 'x')
          for number in range(70_000 if kind == 'many' else 3):
              archive.writestr(f'trees/{number}', '')
          with archive.open('model.ini', 'w', force_zip64=kind == 'zip64') as file:
              file.write(ini.encode())
          if kind == 'twice':
              archive.writestr('model.ini', ini)
          if kind == 'bomb':
              archive.writestr('trees/bomb', b'\\0' * (64 << 20))
      data = bytearray(out.getvalue())
      sys.stdout.buffer.write(data)
      """
    for kind in ["plain", "comment", "traversal", "many", "zip64", "bomb"] {
      let bytes = try PythonOracle.run(script, input: Array(kind.utf8))
      guard case .mojo(let model) = try ModelFile.inspect(bytes, name: "m.zip").details else {
        throw Unexpected()
      }
      #expect(model.columns == ["a", "b"], "\(kind)")
    }
    let twice = try PythonOracle.run(script, input: Array("twice".utf8))
    #expect(modelError(twice, "m.zip") != nil)
  }

  @Test func `a bomb in model.ini is refused, however its size is stated`() throws {
    let script = """
      import io, struct, sys, zipfile
      out = io.BytesIO()
      with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
          archive.writestr('model.ini', b'\\0' * (64 << 20))
      data = bytearray(out.getvalue())
      if sys.stdin.read() == 'liar':
          at = data.index(b'PK\\1\\2')
          data[at + 24:at + 28] = struct.pack('<I', 100)
      sys.stdout.buffer.write(data)
      """
    for kind in ["honest", "liar"] {
      let bytes = try PythonOracle.run(script, input: Array(kind.utf8))
      #expect(bytes.count < 200_000)
      #expect(modelError(bytes, "m.zip") != nil, "\(kind)")
    }
  }

  @Test func `a zip without model.ini is another file`() throws {
    let bytes = try PythonOracle.run(
      """
      import io, sys, zipfile
      out = io.BytesIO()
      with zipfile.ZipFile(out, 'w') as archive: archive.writestr('a/model.ini', 'x')
      sys.stdout.buffer.write(out.getvalue())
      """, input: [])
    #expect(try ModelFile.inspect(bytes, name: "m.zip").format == .other)
  }
}

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
      try oracle(script, fixture("tumour-lr-0.pickle")).array == old.imports.map(JSONValue.string))
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

@Suite struct ModelFileTests {
  @Test func `content decides the format, the name only where content does not`() throws {
    for (name, format) in [
      ("tumour-lr.pmml", ModelFormat.pmml), ("tumour-lr.onnx", .onnx),
      ("tumour-gbm.mojo.zip", .mojo), ("tumour-lr.pickle", .pickle), ("tumour-lr.joblib", .joblib),
    ] {
      #expect(try ModelFile.inspect(fixture(name), name: name).format == format)
      // By another name it is what it is.
      #expect(try ModelFile.inspect(fixture(name), name: "model.bin").format == format)
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
    let bytes = try fixture(name)
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

@Suite struct ModelValidationTests {
  private func validate(_ model: String, _ csv: String) throws -> ModelValidation {
    try inspect(model).validate(against: statistics(csv))
  }

  private func codes(_ validation: ModelValidation) -> [String] {
    validation.findings.map { "\($0.code.rawValue) \($0.field?.string ?? "")" }
  }

  @Test(arguments: [
    "tumour-lr.pmml", "tumour-tree.pmml", "tumour-tree-columns.onnx", "tumour-lr.onnx",
    "tumour-gbm.mojo.zip",
  ])
  func `the data a model was trained on fit it`(name: String) throws {
    let data = try DataStatistics.compute(Fixture.bytes("projects/breast-cancer/data/train.csv"))
    let validation = try inspect(name).validate(against: data)
    #expect(validation.verdict == .passed)
    #expect(validation.findings.allSatisfy { $0.severity == .note })
    _ = try CanonicalJSON.encode(validation.json)
  }

  @Test(arguments: ["tumour-lr.pmml", "tumour-tree-columns.onnx", "tumour-gbm.mojo.zip"])
  func `missing columns, wrong types and unknown columns are all listed`(name: String) throws {
    let validation = try validate(
      name,
      """
      Radius Mean,texture_mean,area_worst,smoothness_worst,more
      1,2,x,0.5,1
      2,NA,3,0.5,1

      """)
    #expect(validation.verdict == .failed)
    let errors = validation.findings.filter { $0.severity == .error }
    #expect(
      errors.map { "\($0.code.rawValue) \($0.field?.string ?? "")" }.sorted() == [
        "missing-column concave_points_mean", "missing-column radius_mean",
        "type-mismatch area_worst",
      ])
    #expect(errors.contains { $0.detail.string.contains("Radius Mean") })
    #expect(codes(validation).contains("extra-column more"))
    if name != "tumour-gbm.mojo.zip" {
      #expect(codes(validation).contains("missing-values texture_mean"))
    }
  }

  @Test func `without the target the model can still score`() throws {
    let csv = features.map(\.string).joined(separator: ",") + "\n1,2,3,4,5\n"
    for name in ["tumour-lr.pmml", "tumour-gbm.mojo.zip"] {
      let validation = try validate(name, csv)
      #expect(validation.verdict == .passed)
      #expect(codes(validation) == ["target-absent diagnosis"])
    }
  }

  @Test func `a matrix wants as many columns as it is wide`() throws {
    let validation = try validate("tumour-lr.onnx", "a,b,c,d,e\n1,2,3,4,x\n")
    #expect(validation.verdict == .failed)
    #expect(validation.findings.map(\.code) == [.tooFewColumns])
  }

  @Test func `PMML's valid values, intervals, replacements and whole numbers are looked at`() throws
  {
    let bytes = pmml(
      """
      <DataDictionary>
      <DataField name="color" optype="categorical" dataType="string"><Value value="red"/>
        <Value value="blue"/><Value value="?" property="missing"/></DataField>
      <DataField name="share" optype="continuous" dataType="double">
        <Interval closure="closedClosed" leftMargin="0" rightMargin="1"/></DataField>
      <DataField name="count" optype="continuous" dataType="integer"/>
      <DataField name="filled" optype="continuous" dataType="double"/>
      <DataField name="day" optype="ordinal" dataType="date"/>
      <DataField name="yes" optype="categorical" dataType="boolean"/>
      </DataDictionary>
      <TreeModel functionName="regression"><MiningSchema><MiningField name="color"/>
      <MiningField name="share"/><MiningField name="count"/>
      <MiningField name="filled" missingValueReplacement="0"/><MiningField name="ghost"/>
      <MiningField name="day"/><MiningField name="yes"/></MiningSchema></TreeModel>
      """)
    let model = try ModelFile.inspect(bytes, name: "m.pmml")
    let csv = """
      color,share,count,day,yes
      red,0.5,1,2026-01-01,true
      green,1.5,2.5,soon,maybe
      green,-1,3,2026-01-02,false

      """
    let validation = try model.validate(against: statistics(csv))
    #expect(
      codes(validation) == [
        "type-mismatch count", "type-mismatch day", "type-mismatch yes", "unknown-values color",
        "out-of-range share", "out-of-range share", "missing-column filled",
        "inconsistent-model ghost",
      ])
  }
}

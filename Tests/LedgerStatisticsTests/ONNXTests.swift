// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@testable import LedgerStatistics

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
    let theirs = try oracle(script, modelBytes(name))
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

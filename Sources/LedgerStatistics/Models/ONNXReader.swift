// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// Reads the wire form of protocol buffers: fields of a range, each skipped unless looked at.
struct ProtobufReader {
  /// A field's number and what follows.
  enum Field {
    case number(UInt64)
    case part(Range<UInt64>)
    case fixed
  }

  private var cursor: ModelCursor
  private let source: ModelSource

  init(_ source: ModelSource, _ range: Range<UInt64>) {
    self.source = source
    cursor = ModelCursor(source, .onnx, range)
  }

  /// The next field; nil at the end. What it holds is stepped over.
  mutating func next() throws(ModelError) -> (number: UInt64, field: Field)? {
    guard !cursor.isAtEnd else { return nil }
    let tag = try varint()
    let number = tag >> 3
    guard number > 0 else { throw cursor.malformed("a field has number 0") }
    switch tag & 7 {
    case 0: return (number, .number(try varint()))
    case 1:
      try cursor.skip(8)
      return (number, .fixed)
    case 2:
      let length = try varint()
      let start = cursor.offset
      try cursor.skip(length)
      return (number, .part(start..<(start + length)))
    case 5:
      try cursor.skip(4)
      return (number, .fixed)
    default: throw cursor.malformed("a field has an unknown wire type")
    }
  }

  /// Up to ten bytes of seven bits, the lowest first.
  private mutating func varint() throws(ModelError) -> UInt64 {
    var value: UInt64 = 0
    for place in 0..<10 {
      let byte = try cursor.byte()
      value |= UInt64(byte & 0x7f) << UInt64(7 * place)
      if byte < 0x80 { return value }
    }
    throw cursor.malformed("a number is longer than ten bytes")
  }
}

/// Reads what an ONNX model says of itself (onnx.proto3). Tensors are stepped over.
enum ONNXReader {
  static let nameLimit = 64 << 10
  static let valueLimit = 20_000
  static let operatorLimit = 500
  static let nodeLimit = 5_000_000
  /// Bytes of all names of initialisers.
  static let initializerBytes = 32 << 20

  static func read(_ source: ModelSource) throws(ModelError) -> ONNXModel {
    var model = ONNXModel()
    var hasGraph = false
    var reader = ProtobufReader(source, 0..<source.count)
    while let (number, field) = try reader.next() {
      switch (number, field) {
      case (1, .number(let value)): model.irVersion = Int64(bitPattern: value)
      case (2, .part(let range)): model.producer = try text(source, range)
      case (3, .part(let range)): model.producerVersion = try text(source, range)
      case (4, .part(let range)): model.domain = try text(source, range)
      case (5, .number(let value)): model.modelVersion = Int64(bitPattern: value)
      case (7, .part(let range)):
        hasGraph = true
        try graph(source, range, &model)
      case (8, .part(let range)):
        guard model.operatorSets.count < 1_000 else {
          throw .tooLarge(.onnx, what: "operator sets", limit: 1_000)
        }
        model.operatorSets.append(try operatorSet(source, range))
      default: break
      }
    }
    guard hasGraph else {
      throw .malformed(.onnx, offset: source.count, reason: "it holds no graph")
    }
    return model
  }

  private static func text(
    _ source: ModelSource, _ range: Range<UInt64>
  ) throws(ModelError) -> Text {
    var cursor = ModelCursor(source, .onnx, range)
    let bytes = try cursor.bytes(UInt64(range.count), limit: nameLimit, "a name")
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw .malformed(.onnx, offset: range.lowerBound, reason: "a name is no UTF-8")
    }
    return Text(string)
  }

  private static func operatorSet(
    _ source: ModelSource, _ range: Range<UInt64>
  ) throws(ModelError) -> ONNXModel.OperatorSet {
    var set = ONNXModel.OperatorSet(domain: "", version: 0)
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      if number == 1, case .part(let range) = field { set.domain = try text(source, range) }
      if number == 2, case .number(let value) = field { set.version = Int64(bitPattern: value) }
    }
    return set
  }

  private static func graph(
    _ source: ModelSource, _ range: Range<UInt64>, _ model: inout ONNXModel
  ) throws(ModelError) {
    var initialized: Set<Text> = []
    var initializedBytes = 0
    var operators = Set(model.operators)
    var inputs: [ONNXModel.Value] = []
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      guard case .part(let range) = field else { continue }
      switch number {
      case 1:
        model.nodes += 1
        guard model.nodes <= nodeLimit else {
          throw .tooLarge(.onnx, what: "nodes", limit: UInt64(nodeLimit))
        }
        if let name = try name(source, range, field: 4), operators.count < operatorLimit {
          operators.insert(name)
        }
      case 2: model.graph = try text(source, range)
      case 5, 15:
        model.initializers += 1
        guard let name = try initializerName(source, range, isSparse: number == 15) else { break }
        initializedBytes += name.string.utf8.count + 32
        guard initializedBytes <= initializerBytes else {
          throw .tooLarge(
            .onnx, what: "names of initialisers", limit: UInt64(initializerBytes))
        }
        initialized.insert(name)
      case 11, 12:
        guard inputs.count + model.outputs.count < valueLimit else {
          throw .tooLarge(.onnx, what: "inputs and outputs", limit: UInt64(valueLimit))
        }
        let value = try self.value(source, range)
        if number == 11 { inputs.append(value) } else { model.outputs.append(value) }
      default: break
      }
    }
    model.inputs += inputs.filter { !initialized.contains($0.name) }
    model.operators = operators.sorted {
      $0.string.utf8.lexicographicallyPrecedes($1.string.utf8)
    }
  }

  /// The text of one field of a message, its last occurrence.
  private static func name(
    _ source: ModelSource, _ range: Range<UInt64>, field wanted: UInt64
  ) throws(ModelError) -> Text? {
    var found: Range<UInt64>?
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      if number == wanted, case .part(let range) = field { found = range }
    }
    guard let found else { return nil }
    return try text(source, found)
  }

  /// A tensor's name; that of a sparse one is its values' name.
  private static func initializerName(
    _ source: ModelSource, _ range: Range<UInt64>, isSparse: Bool
  ) throws(ModelError) -> Text? {
    guard isSparse else { return try name(source, range, field: 8) }
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      if number == 1, case .part(let range) = field { return try name(source, range, field: 8) }
    }
    return nil
  }

  private static func value(
    _ source: ModelSource, _ range: Range<UInt64>
  ) throws(ModelError) -> ONNXModel.Value {
    var value = ONNXModel.Value(name: "")
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      guard case .part(let range) = field else { continue }
      if number == 1 { value.name = try text(source, range) }
      if number == 2 { try type(source, range, &value) }
    }
    return value
  }

  /// TypeProto: only tensors have more to say.
  private static func type(
    _ source: ModelSource, _ range: Range<UInt64>, _ value: inout ONNXModel.Value
  ) throws(ModelError) {
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      guard case .part(let range) = field else { continue }
      switch number {
      case 1, 8:
        value.kind = number == 1 ? "tensor" : "sparse"
        try tensor(source, range, &value)
      case 4: value.kind = "sequence"
      case 5: value.kind = "map"
      case 9: value.kind = "optional"
      default: break
      }
    }
  }

  private static func tensor(
    _ source: ModelSource, _ range: Range<UInt64>, _ value: inout ONNXModel.Value
  ) throws(ModelError) {
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      switch (number, field) {
      case (1, .number(let type)):
        value.elementType =
          type < UInt64(elementTypes.count)
          ? elementTypes[Int(type)] : Text("type \(type)")
      case (2, .part(let range)):
        var shape: [ONNXModel.Dimension] = []
        var dimensions = ProtobufReader(source, range)
        while let (number, field) = try dimensions.next() {
          guard number == 1, case .part(let range) = field else { continue }
          guard shape.count < 64 else { throw .tooLarge(.onnx, what: "dimensions", limit: 64) }
          shape.append(try dimension(source, range))
        }
        value.shape = shape
      default: break
      }
    }
  }

  private static func dimension(
    _ source: ModelSource, _ range: Range<UInt64>
  ) throws(ModelError) -> ONNXModel.Dimension {
    var found = ONNXModel.Dimension.any
    var reader = ProtobufReader(source, range)
    while let (number, field) = try reader.next() {
      if number == 1, case .number(let size) = field { found = .size(Int64(bitPattern: size)) }
      if number == 2, case .part(let range) = field { found = .named(try text(source, range)) }
    }
    return found
  }

  /// TensorProto.DataType, by number.
  private static let elementTypes: [Text] = [
    "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool",
    "float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16",
    "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
  ]
}

// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// A description as JSON: `{"details":{…},"format":"pmml"}`, members as in the types, absent where
/// nothing is known.
extension ModelDescription {
  /// The document.
  public var json: JSONValue {
    let details: JSONValue =
      switch self.details {
      case .pmml(let model): model.json
      case .onnx(let model): model.json
      case .mojo(let model): model.json
      case .pickle(let program): program.json
      case .other(let kind): .members([("kind", .string(kind))])
      }
    return .members([("details", details), ("format", .string(format.rawValue))])
  }
}

extension PMMLModel {
  fileprivate var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("dataFields", .array(dataFields.map(\.json))), ("element", .string(element)),
      ("function", .string(function)), ("models", .integer(models)),
      (
        "miningFields",
        .array(
          miningFields.map { field in
            var members: [(String, JSONValue)] = [
              ("name", .string(field.name)), ("usage", .string(field.usage)),
            ]
            if let value = field.missingValueReplacement {
              members.append(("missingValueReplacement", .string(value)))
            }
            return .members(members)
          })
      ), ("outputs", Self.named(outputs, "feature")), ("targets", Self.named(targets, "optype")),
      ("version", .string(version)),
    ]
    if let application { members.append(("application", .string(application))) }
    if let modelName { members.append(("modelName", .string(modelName))) }
    return .members(members)
  }

  private static func named(_ list: [Named], _ kind: String) -> JSONValue {
    .array(list.map { .members([("name", .string($0.name)), (kind, .string($0.kind))]) })
  }
}

extension PMMLModel.DataField {
  fileprivate var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("dataType", .string(dataType)), ("name", .string(name)), ("optype", .string(optype)),
    ]
    if !validValues.isEmpty {
      members.append(("values", .array(validValues.map(JSONValue.string))))
    }
    if hasMoreValues { members.append(("moreValues", .bool(true))) }
    if let minimum { members.append(("minimum", .double(minimum))) }
    if let maximum { members.append(("maximum", .double(maximum))) }
    return .members(members)
  }
}

extension ONNXModel {
  fileprivate var json: JSONValue {
    .members([
      ("domain", .string(domain)), ("graph", .string(graph)),
      ("initializers", .integer(initializers)), ("inputs", .array(inputs.map(\.json))),
      ("irVersion", .integer(irVersion)), ("modelVersion", .integer(modelVersion)),
      ("nodes", .integer(nodes)),
      (
        "operatorSets",
        .array(
          operatorSets.map {
            .members([("domain", .string($0.domain)), ("version", .integer($0.version))])
          })
      ), ("operators", .array(operators.map(JSONValue.string))),
      ("outputs", .array(outputs.map(\.json))), ("producer", .string(producer)),
      ("producerVersion", .string(producerVersion)),
    ])
  }
}

extension ONNXModel.Value {
  fileprivate var json: JSONValue {
    var members: [(String, JSONValue)] = [("kind", .string(kind)), ("name", .string(name))]
    if let elementType { members.append(("elementType", .string(elementType))) }
    if let shape {
      let sizes = shape.map { dimension -> JSONValue in
        switch dimension {
        case .size(let size): .integer(size)
        case .named(let name): .string(name)
        case .any: .null
        }
      }
      members.append(("shape", .array(sizes)))
    }
    return .members(members)
  }
}

extension MOJOModel {
  fileprivate var json: JSONValue {
    .members([
      ("columns", .array(columns.map(JSONValue.string))),
      (
        "domains",
        .array(
          domains.sorted { $0.key < $1.key }.map {
            .members([("column", .integer($0.key)), ("values", .integer($0.value))])
          })
      ), ("files", .integer(files)),
      (
        "info",
        .array(info.map { .members([("key", .string($0.key)), ("value", .string($0.value))]) })
      ),
    ])
  }
}

extension PickleProgram {
  fileprivate var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("alarming", .array(alarming.map(JSONValue.string))), ("complete", .bool(isComplete)),
      ("imports", .array(imports.map(JSONValue.string))),
      ("instructions", .integer(instructions)), ("protocol", .integer(protocolVersion)),
    ]
    if let compression { members.append(("compression", .string(compression))) }
    return .members(members)
  }
}

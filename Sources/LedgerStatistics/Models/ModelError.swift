// SPDX-License-Identifier: Apache-2.0

/// Why a model file cannot be described. Offsets are bytes from the file's start.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes break the format's rules, at or near an offset.
  case malformed(ModelFormat, offset: UInt64, reason: String)
  /// PMML with a document type declaration, which is never read.
  case doctype(line: UInt64)
  /// More or longer parts than are read: what, and the limit.
  case tooLarge(ModelFormat, what: String, limit: UInt64)
  /// Reading failed with this `errno`, or the file became shorter meanwhile (`ENODATA`).
  case unreadable(errno: Int32)

  /// What is wrong.
  public var description: String {
    switch self {
    case .malformed(let format, let offset, let reason):
      "this is no sound \(format.name) file: \(reason) (near byte \(offset))"
    case .doctype(let line):
      "the PMML has a DOCTYPE on line \(line), which is refused: remove it, entities are not read"
    case .tooLarge(let format, let what, let limit):
      "the \(format.name) file has \(what) beyond the limit of \(limit)"
    case .unreadable(let code): "reading the model failed (errno \(code))"
    }
  }
}

/// The forms of model files that are told apart.
public enum ModelFormat: String, CaseIterable, Sendable {
  /// Predictive Model Markup Language, XML.
  case pmml
  /// Open Neural Network Exchange, a protocol buffer.
  case onnx
  /// H2O's Model Object, Optimized: a zip archive with `model.ini`.
  case mojo
  /// A Python pickle: a program that runs when it is loaded, and never is by us.
  case pickle
  /// A pickle by joblib, with arrays between its instructions.
  case joblib
  /// Anything else.
  case other

  /// As people write it.
  public var name: String {
    switch self {
    case .pmml, .onnx, .mojo: rawValue.uppercased()
    case .pickle, .joblib: rawValue
    case .other: "model"
    }
  }
}

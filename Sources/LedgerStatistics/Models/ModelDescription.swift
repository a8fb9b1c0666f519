// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// What a model file says of itself. Lists are bounded; nothing of it was executed.
public struct ModelDescription: Equatable, Sendable {
  /// The form of the file.
  public var format: ModelFormat
  /// What is known of that form.
  public var details: Details

  /// What is known, by form.
  public enum Details: Equatable, Sendable {
    /// PMML.
    case pmml(PMMLModel)
    /// ONNX.
    case onnx(ONNXModel)
    /// MOJO.
    case mojo(MOJOModel)
    /// A pickle, of joblib or plain.
    case pickle(PickleProgram)
    /// What the first bytes look like: `a zip archive`, `HDF5` …
    case other(String)
  }

  /// Pairs form and details.
  public init(format: ModelFormat, details: Details) {
    self.format = format
    self.details = details
  }
}

/// The parts of a PMML document that say what data its model wants.
public struct PMMLModel: Equatable, Sendable {
  /// A field of the data dictionary.
  public struct DataField: Equatable, Sendable {
    /// Its name.
    public var name: Text
    /// `continuous`, `categorical` or `ordinal`.
    public var optype: Text
    /// `double`, `integer`, `string`, `boolean`, `date` …
    public var dataType: Text
    /// Values declared valid, at most 1,000.
    public var validValues: [Text] = []
    /// Whether there were more.
    public var hasMoreValues = false
    /// The least margin of its intervals, if every interval has one.
    public var minimum: Double?
    /// The greatest margin of its intervals, if every interval has one.
    public var maximum: Double?
  }
  /// A field of the model's mining schema.
  public struct MiningField: Equatable, Sendable {
    /// Its name.
    public var name: Text
    /// `active`, `target`, `predicted`, `supplementary` … (absent: `active`).
    public var usage: Text
    /// What stands in for a missing value.
    public var missingValueReplacement: Text?
  }
  /// A target, or an output.
  public struct Named: Equatable, Sendable {
    /// Its name.
    public var name: Text
    /// The operation type of a target, the feature of an output.
    public var kind: Text
  }

  /// The version of PMML.
  public var version: Text = ""
  /// The program that wrote it.
  public var application: Text?
  /// The element of the first model: `RegressionModel`, `TreeModel` …
  public var element: Text = ""
  /// Its name.
  public var modelName: Text?
  /// `classification`, `regression` …
  public var function: Text = ""
  /// How many models the document holds; the first is described.
  public var models = 0
  /// The data dictionary.
  public var dataFields: [DataField] = []
  /// The mining schema.
  public var miningFields: [MiningField] = []
  /// The targets.
  public var targets: [Named] = []
  /// The outputs.
  public var outputs: [Named] = []

  /// Nothing known.
  public init() {}
}

/// The parts of an ONNX model that say what data it wants.
public struct ONNXModel: Equatable, Sendable {
  /// An input or output of the graph.
  public struct Value: Equatable, Sendable {
    /// Its name.
    public var name: Text
    /// `tensor`, `sequence`, `map`, `optional`, `sparse` or `unknown`.
    public var kind: Text = "unknown"
    /// The type of a tensor's elements: `float`, `int64`, `string` …
    public var elementType: Text?
    /// The dimensions of a tensor; nil where it says nothing of its shape.
    public var shape: [Dimension]?
  }
  /// One dimension.
  public enum Dimension: Equatable, Sendable {
    /// A size.
    case size(Int64)
    /// A name that stands for a size.
    case named(Text)
    /// Any size.
    case any
  }
  /// A set of operators and its version.
  public struct OperatorSet: Equatable, Sendable {
    /// The domain; empty for ONNX's own.
    public var domain: Text
    /// The version.
    public var version: Int64
  }

  /// The version of the representation.
  public var irVersion: Int64 = 0
  /// The program that wrote it.
  public var producer: Text = ""
  /// That program's version.
  public var producerVersion: Text = ""
  /// The model's domain.
  public var domain: Text = ""
  /// The model's version.
  public var modelVersion: Int64 = 0
  /// The operator sets it needs.
  public var operatorSets: [OperatorSet] = []
  /// The graph's name.
  public var graph: Text = ""
  /// The inputs that a caller gives: those without initialisers.
  public var inputs: [Value] = []
  /// The outputs.
  public var outputs: [Value] = []
  /// How many nodes the graph has.
  public var nodes = 0
  /// The operators its nodes use, sorted by bytes, at most 500.
  public var operators: [Text] = []
  /// How many initialisers it has.
  public var initializers = 0

  /// Nothing known.
  public init() {}
}

/// What `model.ini` of a MOJO says.
public struct MOJOModel: Equatable, Sendable {
  /// A member of the section `[info]`.
  public struct Entry: Equatable, Sendable {
    /// Its key.
    public var key: Text
    /// Its value.
    public var value: Text
  }
  /// The section `[info]`, in order.
  public var info: [Entry] = []
  /// The columns; of a supervised model the last is the response.
  public var columns: [Text] = []
  /// How many values each categorical column has, by the column's place.
  public var domains: [Int: Int] = [:]
  /// How many files the archive holds.
  public var files = 0
  /// Files of the archive that could lead a careless unpacker out of its folder, at most ten.
  public var leadingOut: [Text] = []
  /// What all files have together, packed and unpacked, as the archive's directory says.
  public var packedBytes: UInt64 = 0
  /// See `packedBytes`.
  public var unpackedBytes: UInt64 = 0

  /// Nothing known.
  public init() {}

  /// The value of a key of `[info]`.
  public subscript(_ key: Text) -> Text? { info.first { $0.key == key }?.value }
}

/// What a pickle would do, read without doing it.
public struct PickleProgram: Equatable, Sendable {
  /// The protocol, 0 to 5 (0 also stands for 1, which names none).
  public var protocolVersion = 0
  /// What it was compressed with; the first 16 MiB of content were then read.
  public var compression: Text?
  /// What it would import, `module.name`, sorted by bytes, at most 1,000.
  public var imports: [Text] = []
  /// Those of them that reach outside a model: processes, files, evaluation of code.
  public var alarming: [Text] = []
  /// Whether it was read to its last instruction.
  public var isComplete = false
  /// How many instructions were read.
  public var instructions: UInt64 = 0

  /// Nothing known.
  public init() {}
}

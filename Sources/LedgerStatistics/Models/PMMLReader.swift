// SPDX-License-Identifier: Apache-2.0

import CExpat
import LedgerDomain

/// Reads PMML by SAX: no tree is built, nothing outside the document is looked at.
enum PMMLReader {
  /// A file, a depth of elements, a tag beyond these is refused.
  static let byteLimit: UInt64 = 2 << 30
  static let depthLimit = 256
  static let tagLimit = 1 << 20
  static let fieldLimit = 20_000
  static let valueLimit = 1_000

  static func read(_ source: ModelSource) throws(ModelError) -> PMMLModel {
    if source.count > byteLimit { throw .tooLarge(.pmml, what: "bytes", limit: byteLimit) }
    // Names come as `namespace local`; a blank cannot be part of either.
    guard let parser = XML_ParserCreateNS(nil, 0x20) else { throw .unreadable(errno: 12) }
    defer { XML_ParserFree(parser) }
    let handler = PMMLHandler(parser)
    return try withExtendedLifetime(handler) { () throws(ModelError) -> PMMLModel in
      try feed(source, parser, handler)
      if handler.model.models == 0 {
        throw .malformed(.pmml, offset: source.count, reason: "it holds no model")
      }
      return handler.model
    }
  }

  private static func feed(
    _ source: ModelSource, _ parser: XML_Parser, _ handler: PMMLHandler
  ) throws(ModelError) {
    XML_SetUserData(parser, Unmanaged.passUnretained(handler).toOpaque())
    XML_SetElementHandler(
      parser,
      { data, name, attributes in PMMLHandler.from(data)?.start(name, attributes) },
      { data, _ in PMMLHandler.from(data)?.end() })
    XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
      PMMLHandler.from(data)?.refuseDoctype()
    }
    var offset: UInt64 = 0
    repeat {
      let piece = try source.read(at: offset, 256 << 10)
      offset += UInt64(piece.count)
      let isLast = offset >= source.count || piece.isEmpty
      let status = piece.withUnsafeBytes { bytes in
        XML_Parse(
          parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
          isLast ? 1 : 0)
      }
      if let failure = handler.failure { throw failure }
      let consumed = XML_GetCurrentByteIndex(parser)
      let place = consumed < 0 ? 0 : UInt64(consumed)
      if status != XML_STATUS_OK {
        let words = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) }
        let line = XML_GetCurrentLineNumber(parser)
        throw .malformed(
          .pmml, offset: place, reason: "\(words ?? "not well-formed") on line \(line)")
      }
      // A tag that never ends would be kept whole.
      if offset > place, offset - place > UInt64(tagLimit) {
        throw .tooLarge(.pmml, what: "a tag", limit: UInt64(tagLimit))
      }
      if isLast { return }
    } while true
  }
}

/// Takes what expat reports. Used by one parser, inside `XML_Parse` only.
private final class PMMLHandler {
  private let parser: XML_Parser
  private(set) var model = PMMLModel()
  private(set) var failure: ModelError?
  private var path: [String] = []
  /// Whether the elements are those of the first model.
  private var isInFirstModel = false
  private var hasOpenInterval = (left: false, right: false)

  init(_ parser: XML_Parser) { self.parser = parser }

  static func from(_ data: UnsafeMutableRawPointer?) -> PMMLHandler? {
    data.map { Unmanaged<PMMLHandler>.fromOpaque($0).takeUnretainedValue() }
  }

  private func fail(_ error: ModelError) {
    if failure == nil { failure = error }
    XML_StopParser(parser, 0)
  }

  func refuseDoctype() { fail(.doctype(line: UInt64(XML_GetCurrentLineNumber(parser)))) }

  private func malformed(_ reason: String) {
    let offset = XML_GetCurrentByteIndex(parser)
    fail(.malformed(.pmml, offset: offset < 0 ? 0 : UInt64(offset), reason: reason))
  }

  /// The part of a name behind its namespace.
  private static func local(_ name: UnsafePointer<CChar>?) -> String {
    guard let name else { return "" }
    let whole = String(cString: name)
    return whole.split(separator: " ").last.map(String.init) ?? whole
  }

  func start(
    _ name: UnsafePointer<CChar>?,
    _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
  ) {
    // Events may still come after the parser was told to stop.
    guard failure == nil else { return }
    // Most elements of a large model are deep inside it, and say nothing here.
    if path.count > 5 {
      path.append("")
      if path.count > PMMLReader.depthLimit {
        fail(.tooLarge(.pmml, what: "a depth", limit: UInt64(PMMLReader.depthLimit)))
      }
      return
    }
    let element = Self.local(name)
    var values: [String: Text] = [:]
    var next = attributes
    while let pair = next, let key = pair[0], let value = pair[1] {
      values[Self.local(key)] = Text(String(cString: value))
      next = pair + 2
    }
    path.append(element)
    look(element, values)
  }

  func end() {
    guard failure == nil else { return }
    if path.count == 2 { isInFirstModel = false }
    _ = path.popLast()
  }

  private func look(_ element: String, _ values: [String: Text]) {
    switch path.count {
    case 1:
      guard element == "PMML" else { return malformed("its root is \(element), not PMML") }
      guard let version = values["version"] else { return malformed("it names no version") }
      model.version = version
    case 2: section(element, values)
    case 3:
      if path[1] == "DataDictionary", element == "DataField" { dataField(values) }
      if path[1] == "Header", element == "Application" { application(values) }
    case 4:
      if path[1] == "DataDictionary", path[2] == "DataField" { valueOrInterval(element, values) }
      if isInFirstModel { modelPart(element, values) }
    default: break
    }
  }

  private func application(_ values: [String: Text]) {
    let words = [values["name"], values["version"]].compactMap { $0?.string }
    if !words.isEmpty { model.application = Text(words.joined(separator: " ")) }
  }

  /// A child of the root. A model is what has a mining schema's function.
  private func section(_ element: String, _ values: [String: Text]) {
    guard let function = values["functionName"] else { return }
    model.models += 1
    guard model.models == 1 else { return }
    isInFirstModel = true
    model.element = Text(element)
    model.function = function
    model.modelName = values["modelName"]
  }

  private func dataField(_ values: [String: Text]) {
    guard let name = values["name"] else { return malformed("a data field has no name") }
    guard model.dataFields.count < PMMLReader.fieldLimit else { return tooManyFields() }
    model.dataFields.append(
      PMMLModel.DataField(
        name: name, optype: values["optype"] ?? "", dataType: values["dataType"] ?? ""))
    hasOpenInterval = (false, false)
  }

  private func tooManyFields() {
    fail(.tooLarge(.pmml, what: "fields", limit: UInt64(PMMLReader.fieldLimit)))
  }

  private func valueOrInterval(_ element: String, _ values: [String: Text]) {
    guard let last = model.dataFields.indices.last else { return }
    if element == "Value", let value = values["value"], values["property"] ?? "valid" == "valid" {
      if model.dataFields[last].validValues.count < PMMLReader.valueLimit {
        model.dataFields[last].validValues.append(value)
      } else {
        model.dataFields[last].hasMoreValues = true
      }
    }
    guard element == "Interval" else { return }
    let left = values["leftMargin"].flatMap { Double($0.string) }
    let right = values["rightMargin"].flatMap { Double($0.string) }
    hasOpenInterval.left = hasOpenInterval.left || left == nil
    hasOpenInterval.right = hasOpenInterval.right || right == nil
    let field = model.dataFields[last]
    model.dataFields[last].minimum =
      hasOpenInterval.left ? nil : left.map { min($0, field.minimum ?? $0) }
    model.dataFields[last].maximum =
      hasOpenInterval.right ? nil : right.map { max($0, field.maximum ?? $0) }
  }

  /// A grandchild of the first model.
  private func modelPart(_ element: String, _ values: [String: Text]) {
    let fields = model.miningFields.count + model.targets.count + model.outputs.count
    guard fields < PMMLReader.fieldLimit else { return tooManyFields() }
    switch (path[2], element) {
    case ("MiningSchema", "MiningField"):
      guard let name = values["name"] else { return malformed("a mining field has no name") }
      model.miningFields.append(
        PMMLModel.MiningField(
          name: name, usage: values["usageType"] ?? "active",
          missingValueReplacement: values["missingValueReplacement"]))
    case ("Targets", "Target"):
      if let name = values["field"] {
        model.targets.append(PMMLModel.Named(name: name, kind: values["optype"] ?? ""))
      }
    case ("Output", "OutputField"):
      if let name = values["name"] {
        model.outputs.append(
          PMMLModel.Named(name: name, kind: values["feature"] ?? "predictedValue"))
      }
    default: break
    }
  }
}

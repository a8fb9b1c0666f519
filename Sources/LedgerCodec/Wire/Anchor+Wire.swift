// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

extension Policy.Anchor {
  /// The form in a policy: `name`, `every` (seconds), and one of `file`, `command`, `timestamp`
  /// {`authority`, `url` or `command`}, `witness` {`url`, `vkey`}.
  public var json: JSONValue {
    var object = JSONObject()
    object.put(Wire.every, .integer(everySeconds))
    object.put(Wire.name, .string(name.string))
    switch way {
    case .file(let path): object.put(Wire.file, .string(path))
    case .command(let arguments):
      object.put(Wire.command, .array(arguments.map { .string($0) }))
    case .timestamp(let source, let authority):
      var inner = JSONObject()
      inner.put(Wire.authority, .string(authority))
      switch source {
      case .url(let url): inner.put(Wire.url, .string(url))
      case .command(let arguments):
        inner.put(Wire.command, .array(arguments.map { .string($0) }))
      }
      object.put(Wire.timestamp, .object(inner))
    case .witness(let url, let vkey):
      var inner = JSONObject()
      inner.put(Wire.url, .string(url))
      inner.put(Wire.vkey, .string(vkey))
      object.put(Wire.witness, .object(inner))
    }
    return .object(object)
  }

  /// Reads that form; nil for anything else.
  public init?(json: JSONValue) {
    guard let object = json.object,
      let name = object.text(Wire.name).flatMap({ Name($0.string) }),
      case .number(let number)? = object.value(Wire.every), let every = UInt32(exactly: number),
      let way = Policy.Anchor.way(object)
    else { return nil }
    self.init(name: name, way: way, everySeconds: every)
    // Nothing besides, and nothing twice.
    guard self.json == json else { return nil }
  }

  private static func way(_ object: JSONObject) -> Way? {
    if let path = object.text(Wire.file) { return .file(path) }
    if let arguments = object.texts(Wire.command) { return .command(arguments) }
    if let inner = object.value(Wire.timestamp)?.object {
      guard let authority = inner.text(Wire.authority) else { return nil }
      if let url = inner.text(Wire.url) {
        return .timestamp(source: .url(url), authority: authority)
      }
      return inner.texts(Wire.command).map {
        .timestamp(source: .command($0), authority: authority)
      }
    }
    guard let inner = object.value(Wire.witness)?.object, let url = inner.text(Wire.url),
      let vkey = inner.text(Wire.vkey)
    else { return nil }
    return .witness(url: url, vkey: vkey)
  }
}

/// The member `anchors` of a policy: in the order that the policy gives, names once each.
struct Anchors: WireValue {
  private static let form = "anchors, at least one, each with a name of its own"
  var list: [Policy.Anchor]

  private var isSound: Bool {
    !list.isEmpty && Set(list.map(\.name)).count == list.count
  }

  func write(_ writer: inout CanonicalWriter, _ member: StaticString) throws(CodecError) {
    guard isSound else { throw writer.refusal(member, Self.form) }
    try writer.value(.array(list.map(\.json)))
  }

  static func read(
    _ reader: inout CanonicalReader, _ member: StaticString
  ) throws(CodecError) -> Anchors {
    let start = reader.offset
    var anchors = Anchors(list: [])
    for value in try reader.value().array ?? [] {
      guard let anchor = Policy.Anchor(json: value) else {
        throw reader.refusal(member, Self.form, at: start)
      }
      anchors.list.append(anchor)
    }
    guard anchors.isSound else { throw reader.refusal(member, Self.form, at: start) }
    return anchors
  }
}

extension JSONObject {
  fileprivate mutating func put(_ name: StaticString, _ value: JSONValue) {
    self[Text(name.description)] = value
  }

  fileprivate func value(_ name: StaticString) -> JSONValue? { self[Text(name.description)] }

  fileprivate func text(_ name: StaticString) -> Text? { value(name)?.text }

  fileprivate func texts(_ name: StaticString) -> [Text]? {
    guard let values = value(name)?.array else { return nil }
    let texts = values.compactMap(\.text)
    return texts.count == values.count ? texts : nil
  }
}

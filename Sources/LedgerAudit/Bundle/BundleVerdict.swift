// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// What a verification says of a bundle beyond its findings.
public struct BundleVerdict: Equatable, Sendable {
  /// `whole` or `part`.
  public var kind = "part"
  /// The name of the ledger that it says it is of.
  public var origin = ""
  /// Fingerprint of the key that signed its checkpoint; nil when none was found.
  public var signedBy: String?
  /// Whether a key or checkpoint that was brought along vouches for every event in it.
  public var isTrusted = false
  /// How many files were compared with the list of digests.
  public var files: UInt64 = 0
  /// What is here, such as from which revision to which.
  public var remarks: [String] = []
  /// What was not looked at, or cannot be from what is here.
  public var notChecked: [String] = []

  /// Nothing is known yet.
  public init() {}

  /// The form of `--json`.
  public var json: JSONValue {
    var object = JSONObject()
    object["kind"] = .string(kind)
    object["origin"] = .string(origin)
    if let signedBy { object["signedBy"] = .string(signedBy) }
    object["trusted"] = .bool(isTrusted)
    object["files"] = .integer(files)
    object["remarks"] = .array(remarks.map { .string($0) })
    object["notChecked"] = .array(notChecked.map { .string($0) })
    return .object(object)
  }

  /// Reads that form; nil for anything else.
  public init?(json: JSONValue) {
    guard let object = json.object, let kind = object["kind"]?.text?.string,
      let origin = object["origin"]?.text?.string, case .bool(let isTrusted)? = object["trusted"],
      let files = object["files"]?.wholeNumber, let remarks = object["remarks"]?.array,
      let notChecked = object["notChecked"]?.array
    else { return nil }
    self.kind = kind
    self.origin = origin
    self.isTrusted = isTrusted
    self.files = files
    signedBy = object["signedBy"]?.text?.string
    self.remarks = remarks.compactMap { $0.text?.string }
    self.notChecked = notChecked.compactMap { $0.text?.string }
  }
}

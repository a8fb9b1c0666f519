// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
public import LedgerReading
public import Transparency

/// Where the private key of the log is.
///
/// Kept in `keys/place` as canonical JSON, `{"file":"/path"}` or `{"agent":"<base64 key>"}`; without
/// that file the key is `keys/log`. It says nothing about trust: whoever verifies asks the events.
public enum KeyPlace: Hashable, Sendable {
  /// In `keys/log` of the ledger's directory.
  case inside
  /// In a file at this absolute path.
  case file(String)
  /// In an agent that speaks the protocol of `ssh-agent`, at `SSH_AUTH_SOCK`.
  case agent(PublicKey)

  /// The file that holds the secret; nil for an agent.
  func secretFile(in directory: LedgerDirectory) -> String? {
    switch self {
    case .inside: directory.logKeyFile
    case .file(let path): path
    case .agent: nil
    }
  }

  /// What a person reads.
  public func words(in directory: LedgerDirectory) -> String {
    switch self {
    case .inside: directory.logKeyFile
    case .file(let path): path
    case .agent: "ssh-agent"
    }
  }

  var json: JSONValue? {
    var object = JSONObject()
    switch self {
    case .inside: return nil
    case .file(let path): object["file"] = .string(path)
    case .agent(let key):
      object["agent"] = .string(Transparency.Base64.string(key.rawRepresentation, as: .standard))
    }
    return .object(object)
  }

  /// Reads the form of `keys/place`; nil for anything else.
  init?(_ bytes: [UInt8]) {
    guard let object = (try? CanonicalJSON.decode(bytes))?.object, object.members.count == 1,
      let member = object.members.first, let text = member.value.text?.string
    else { return nil }
    switch member.name {
    case "file":
      guard text.utf8.first == UInt8(ascii: "/"), !text.utf8.contains(0) else { return nil }
      self = .file(text)
    case "agent":
      guard
        let bytes = try? Transparency.Base64.decode(Array(text.utf8), as: .standard),
        let key = try? PublicKey(rawRepresentation: bytes)
      else { return nil }
      self = .agent(key)
    default: return nil
    }
  }
}

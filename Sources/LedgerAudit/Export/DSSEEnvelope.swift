// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain
import Transparency

/// A signed payload: DSSE 1.0.2, JSON form, one Ed25519 signature.
///
/// What is signed begins with `DSSEv1 `, which no note and no checkpoint can begin with (an origin
/// has no space), so the key that signs checkpoints may sign these too.
enum DSSEEnvelope {
  /// `{"payload","payloadType","signatures":[{"keyid","sig"}]}`, both in base64 (RFC 4648 §4).
  static func sign(_ payload: [UInt8], type: String, by signer: NoteSigner) -> JSONValue {
    let signature = signer.key.signature(for: preAuthentication(payload, type: type))
    var signed = DocumentObject()
    signed.put("keyid", signer.verifierKey.publicKey.fingerprint)
    signed.put("sig", LedgerCodec.Base64.standard.encode(signature))
    var envelope = DocumentObject()
    envelope.put("payload", LedgerCodec.Base64.standard.encode(payload))
    envelope.put("payloadType", type)
    envelope.put("signatures", .array([signed.json]))
    return envelope.json
  }

  /// `DSSEv1 <length> <type> <length> <payload>`: what is signed.
  static func preAuthentication(_ payload: [UInt8], type: String) -> [UInt8] {
    Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
  }
}

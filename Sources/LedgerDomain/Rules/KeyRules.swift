// SPDX-License-Identifier: Apache-2.0

/// When the key that signs checkpoints may be replaced.
enum KeyRules {
  /// The event, or why not. That both keys signed is checked by whoever reads it: no rule can.
  static func rotate(
    _ rotation: KeyRotated, reason: Text?, _ command: Command, given views: inout some ViewSource,
    in circumstances: Circumstances
  ) throws(Refusal) -> [Draft] {
    try Rights.require([.admin], of: command, in: nil, given: &views)
    if let reason { try Limits.requireReason(reason) }
    guard let keys = views.ledger()?.keys, let current = keys.last?.vkey else {
      throw .invalid("no event says which key signs")
    }
    guard rotation.old == current, rotation.size == circumstances.size else { throw .keyMoved }
    // A key that came back would vouch for sizes that are none of its own.
    guard !keys.contains(where: { $0.vkey == rotation.new }) else {
      throw .invalid("the new key was in use before: a key signs for one range of sizes")
    }
    return [
      Draft(
        actor: command.actor, occurred: command.occurred, fact: .keyRotated(rotation),
        text: reason.map { EventText([.reason: .string($0)]) } ?? EventText())
    ]
  }
}

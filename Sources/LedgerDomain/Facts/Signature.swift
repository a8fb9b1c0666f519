// SPDX-License-Identifier: Apache-2.0

/// A person's signature of what an event says: an SSHSIG over its statement.
public struct Signature: Hashable, Sendable {
  /// The armored SSHSIG, in the one form that is stored.
  public var armored: Text
  /// When it was made; nil only in events of version 1, which could not say so.
  public var signedAt: Timestamp?
  /// Pairs the two.
  public init(armored: Text, signedAt: Timestamp? = nil) {
    self.armored = armored
    self.signedAt = signedAt
  }

  /// How far its making may lie from the recording, or from the beginning of the job whose effect
  /// it signs, in either direction: fifteen minutes.
  public static let windowMicroseconds: Int64 = 15 * 60 * 1_000_000

  /// Whether it was made close enough to a moment.
  public static func isTimely(_ signedAt: Timestamp, at moment: Timestamp) -> Bool {
    let (distance, isTooFar) = moment.microseconds.subtractingReportingOverflow(
      signedAt.microseconds)
    return !isTooFar && distance.magnitude <= UInt64(windowMicroseconds)
  }
}

/// A policy from here on, and who signed for it.
public struct PolicySet: Equatable, Sendable {
  /// The whole policy.
  public var policy: Policy
  /// The signature, where it was set with one.
  public var signature: Signature?
  /// Pairs the two.
  public init(_ policy: Policy, signature: Signature? = nil) {
    self.policy = policy
    self.signature = signature
  }
}

extension Fact {
  /// The signature that the event carries.
  public var signature: Signature? {
    switch self {
    case .versionApproved(let fact), .versionRejected(let fact): fact.signature
    case .versionDeployed(let fact): fact.signature
    case .deploymentRetired(let fact): fact.signature
    case .policySet(let fact): fact.signature
    case .textErased(let fact): fact.signature
    case .artifactErased(let fact): fact.signature
    default: nil
    }
  }

  /// What a policy may demand a signature for, where the event is that.
  public var signedAct: Policy.SignedAct? {
    switch self {
    case .versionApproved: .approved
    case .versionRejected: .rejected
    case .versionDeployed: .deployed
    case .deploymentRetired: .retired
    case .textErased, .artifactErased: .erased
    default: nil
    }
  }
}

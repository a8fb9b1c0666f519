// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

extension Actor {
  /// Somebody known by the kernel.
  public static func local(_ name: String, uid: UInt32) -> Actor {
    Actor(
      id: ActorID(Name(unchecked: name)), authentication: .os, host: "gpu7",
      os: OSUser(login: Text(name), uid: uid))
  }

  /// Somebody who gave a name: the kernel's facts are those of the login behind it.
  public static func claimed(_ name: String, by actor: Actor) -> Actor {
    Actor(
      id: ActorID(Name(unchecked: name)), authentication: .claimed, host: actor.host, os: actor.os)
  }

  /// Somebody known to the service by a token.
  public static func remote(_ name: String) -> Actor {
    Actor(
      id: ActorID(Name(unchecked: name)), authentication: .token,
      via: ServiceVia(host: "api1", os: OSUser(login: "ledger", uid: 990)))
  }

  /// Somebody whose key signed.
  public static func signer(_ name: String, uid: UInt32) -> Actor {
    var actor = local(name, uid: uid)
    actor.authentication = .ssh
    return actor
  }

  /// The runner or scheduler, acting for somebody.
  public static func system(for actor: Actor) -> Actor {
    Actor(
      id: ActorID(Name(unchecked: "system")), authentication: .system, host: "gpu7", os: actor.os,
      actsFor: actor.id)
  }

  /// Made the ledger: admin, operator, approver and auditor.
  public static let alice = local("alice", uid: 1000)
  /// An approver of the house.
  public static let bob = local("bob", uid: 1001)
  /// An operator.
  public static let olga = local("olga", uid: 1002)
  /// No member.
  public static let mallory = local("mallory", uid: 6666)

  /// What this person asks.
  public func asks(_ intent: Intent, occurred: Timestamp? = nil) -> Command {
    Command(actor: self, occurred: occurred, intent: intent)
  }
}

extension RunnerIdentity {
  /// The runner of a test.
  public static func test(pid: UInt32 = 4242) -> RunnerIdentity {
    RunnerIdentity(
      machine: "0123456789abcdef0123456789abcdef", pid: pid, startTicks: 1_234_567,
      pidNamespace: 4_026_531_836, boot: "6f1c2d3e-0000-4000-8000-123456789abc",
      tool: "jobledger/0.1.0")
  }
}

extension Digest {
  /// A digest that tells its number: no hash of anything.
  public static func test(_ number: UInt64) -> Digest {
    Digest(words: (0xfeed_face_0000_0000, number, ~number, number &* 0x9e37_79b9_7f4a_7c15))
  }
}

extension FilesDigest {
  /// Three files of a test.
  public static func test(_ number: UInt64) -> FilesDigest {
    FilesDigest(count: 3, bytes: 1000 + number, digest: .test(number))
  }
}

extension Name {
  /// The project of the scenarios.
  public static let churn = Name(unchecked: "churn")
  /// The usual target.
  public static let production = Name(unchecked: "production")
}

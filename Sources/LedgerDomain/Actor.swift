// SPDX-License-Identifier: Apache-2.0

/// What the kernel says of a process: the facts that stand in a leaf whatever was claimed.
public struct OSUser: Hashable, Sendable {
  /// The login name of the uid, when there is one.
  public var login: Text?
  /// The user's number.
  public var uid: UInt32
  /// Pairs the number with its login.
  public init(login: Text?, uid: UInt32) {
    self.login = login
    self.uid = uid
  }
}

/// The service's own facts in a leaf that it wrote for a remote person.
public struct ServiceVia: Hashable, Sendable {
  /// The host that the service runs on.
  public var host: Text
  /// The service's user.
  public var os: OSUser
  /// Names host and user.
  public init(host: Text, os: OSUser) {
    self.host = host
    self.os = os
  }
}

/// Who acted, and how that was established.
///
/// Optionals are spelled out for the reason given at ``Job``.
public struct Actor: Hashable, Sendable {
  /// Who.
  public var id: ActorID
  /// How that was established.
  public var authentication: Authentication
  /// The host of the calling process; nil when the service wrote the leaf.
  public var host: Optional<Text>
  /// The kernel's facts about the calling process; nil when the service wrote the leaf.
  public var os: Optional<OSUser>
  /// Whom the system acts for.
  public var actsFor: Optional<ActorID>
  /// The service's facts, where it wrote the leaf.
  public var via: Optional<ServiceVia>

  /// Whose rights count: whom the system acts for, else the actor.
  public var person: ActorID { authentication == .system ? actsFor ?? id : id }

  /// Gathers the facts.
  public init(
    id: ActorID, authentication: Authentication, host: Text? = nil, os: OSUser? = nil,
    actsFor: ActorID? = nil, via: ServiceVia? = nil
  ) {
    self.id = id
    self.authentication = authentication
    self.host = host
    self.os = os
    self.actsFor = actsFor
    self.via = via
  }
}

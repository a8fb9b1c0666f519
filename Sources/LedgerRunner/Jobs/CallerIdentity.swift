// SPDX-License-Identifier: Apache-2.0
import Glibc
public import LedgerDomain

/// Who runs this process: what the kernel says of it, and what was claimed beside.
public struct CallerIdentity: Hashable, Sendable {
  /// The actor of commands that this process submits for a person.
  public let actor: Actor

  /// Takes an actor established elsewhere, such as by the service.
  public init(actor: Actor) { self.actor = actor }

  /// The user of this process, or the person of a claimed name; the kernel's facts are kept either
  /// way. A claim of one's own name proves itself and counts as the kernel's word.
  ///
  /// Errors: `JobError.usage` when the name cannot be one.
  public static func current(claiming name: String? = nil) throws(JobError) -> CallerIdentity {
    let uid = getuid()
    let login = CallerIdentity.login(of: uid)
    // A login that no member can be named by, such as `alice@corp`, leaves the number.
    let own = login.flatMap { Name($0) }.map { ActorID($0) } ?? ActorID("uid:\(uid)")
    guard var id = own else { throw .usage("the user of this process has no identity") }
    var authentication = Authentication.os
    if let name, !name.isEmpty {
      guard let claimed = ActorID(name) else {
        throw .usage("'\(name)' cannot name a person: use letters, digits, '.', '_' and '-'")
      }
      if claimed != id { authentication = .claimed }
      id = claimed
    }
    return CallerIdentity(
      actor: Actor(
        id: id, authentication: authentication, host: Text(Machine.host),
        os: OSUser(login: login.map { Text($0) }, uid: uid)))
  }

  /// The runner, acting for this person: the actor of log lines, progress and ends.
  public var runner: Actor {
    var runner = actor
    runner.id = ActorID(unchecked: "runner")
    runner.authentication = .system
    runner.actsFor = actor.person
    return runner
  }

  /// The login name of a user, or nil when there is none or it is no UTF-8.
  static func login(of uid: uid_t) -> String? {
    var size = 1024
    while size <= 1 << 20 {
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      var buffer = [CChar](repeating: 0, count: size)
      let error = getpwuid_r(uid, &entry, &buffer, size, &found)
      if error == ERANGE {
        size *= 4
        continue
      }
      guard error == 0, found != nil, let name = entry.pw_name else { return nil }
      return String(validatingCString: name)
    }
    return nil
  }
}

extension ActorID {
  /// One of our own words, known to satisfy the grammar.
  init(unchecked word: StaticString) {
    self.init(Name(unchecked: "\(word)"))
  }
}

extension Machine {
  /// The host's name.
  public static let host: String = String(
    decoding: current.name.utf8.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self)
}

extension RunnerIdentity {
  /// This process; `tool` is name and version of the program.
  public static func current(tool: String) -> RunnerIdentity {
    let process = ProcessIdentity.current
    let machine = Machine.current
    return RunnerIdentity(
      machine: Text(machine.name), pid: UInt32(process.pid), startTicks: process.startTicks,
      pidNamespace: machine.pidNamespace, boot: Text(machine.boot), tool: Text(tool))
  }
}

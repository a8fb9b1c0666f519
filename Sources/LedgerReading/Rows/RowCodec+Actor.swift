// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

// Who acted. A login equal to the identifier, the usual case, is one flag.

private enum Has {
  static let host: UInt64 = 1 << 0
  static let os: UInt64 = 1 << 1
  static let login: UInt64 = 1 << 2
  static let loginIsID: UInt64 = 1 << 3
  static let actsFor: UInt64 = 1 << 4
  static let via: UInt64 = 1 << 5
  static let viaLogin: UInt64 = 1 << 6
  static let all: UInt64 = 1 << 7 - 1
}

extension RowWriter {
  mutating func actor(_ actor: Actor) {
    let login = actor.os?.login
    let loginIsID = login.map { $0 == Text(stringLiteral: actor.id.string) } ?? false
    flags(
      flag(Has.host, actor.host != nil) | flag(Has.os, actor.os != nil)
        | flag(Has.login, login != nil && !loginIsID) | flag(Has.loginIsID, loginIsID)
        | flag(Has.actsFor, actor.actsFor != nil) | flag(Has.via, actor.via != nil)
        | flag(Has.viaLogin, actor.via?.os.login != nil))
    word(actor.authentication)
    actorID(actor.id)
    if let host = actor.host { text(host) }
    if let os = actor.os {
      integer(os.uid)
      if let login, !loginIsID { text(login) }
    }
    if let actsFor = actor.actsFor { actorID(actsFor) }
    if let via = actor.via {
      text(via.host)
      integer(via.os.uid)
      if let login = via.os.login { text(login) }
    }
  }
}

extension RowReader {
  mutating func newActor() throws(RowError) -> Actor {
    let flags = try flags(Has.all)
    try flags.check(Has.login | Has.loginIsID, needs: Has.os)
    try flags.check(Has.viaLogin, needs: Has.via)
    try flags.check(Has.login, excludes: Has.loginIsID)
    let authentication = try word(Authentication.self)
    let id = try actorID()
    let host = try flags.has(Has.host) ? text() : nil
    var os: OSUser?
    if flags.has(Has.os) {
      let uid = try integer32()
      var login = flags.has(Has.loginIsID) ? Text(stringLiteral: id.string) : nil
      if flags.has(Has.login) {
        login = try text()
        try refuse(login == Text(stringLiteral: id.string))
      }
      os = OSUser(login: login, uid: uid)
    }
    let actsFor = try flags.has(Has.actsFor) ? actorID() : nil
    var via: ServiceVia?
    if flags.has(Has.via) {
      let host = try text()
      let uid = try integer32()
      via = ServiceVia(
        host: host, os: OSUser(login: try flags.has(Has.viaLogin) ? text() : nil, uid: uid))
    }
    return Actor(
      id: id, authentication: authentication, host: host, os: os, actsFor: actsFor, via: via)
  }
}

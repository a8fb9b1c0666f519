// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerCodec
public import LedgerDomain
public import LedgerReading
import Transparency

/// A wish for another key.
struct Rotation: Sendable {
  /// Who asks.
  var actor: Actor
  /// Why.
  var reason: Text?
  /// The request key and what it is bound to.
  var request: (key: RequestKey, content: [UInt8])?
  /// The private half of the new key.
  var key: LogKey
}

/// Where a ledger's private key is, and whether it can be used.
public struct KeyStatus: Equatable, Sendable {
  /// Where it is.
  public var place: KeyPlace
  /// Why it cannot be used now; nil when it can.
  public var problem: String?
}

extension Ledger {
  /// Replaces the key that signs checkpoints, and destroys the old one.
  ///
  /// The new secret is on the disk before the event, and the old one until after the first
  /// checkpoint by the new key: whenever this ends by a crash, the key that the events ask for is
  /// there, and a later checkpoint finishes the work. `place` may be where the key is already; an
  /// agent already holds its key.
  @available(*, noasync, message: "This waits for a commit; call it from a thread of its own.")
  public func rotateKey(
    to place: KeyPlace, by actor: Actor, reason: Text?,
    request: (key: RequestKey, content: [UInt8])? = nil
  ) -> Outcome {
    let operation = "rotating the log's key"
    do throws(StorageError) {
      let lock = try lockKeys(operation)
      defer { lock.release() }
      let old = try settledPlace(operation)
      let key = try newKey(at: place, old, operation)
      do throws(DirectoryError) {
        var secret: SigningKey?
        if case .secret(let made) = key { secret = made }
        try signer.keys.prepare(secret, at: place, from: old)
      } catch {
        throw StorageError(.directory(error), operation)
      }
      signer.step(.prepared)
      let result = submit(
        .rotation(Rotation(actor: actor, reason: reason, request: request, key: key)))
      guard case .command(let outcome)? = result else { throw StorageError(.closed, operation) }
      switch outcome {
      case .accepted, .unknown: break
      case .duplicate, .refused, .failed:
        // Never the key that the events ask for, whatever was answered.
        if let current = try? reader.keyChain().current, current.publicKey != key.publicKey {
          signer.keys.abandon(place)
        }
      }
      return outcome
    } catch {
      return .failed(error)
    }
  }

  /// Moves the private key to a file elsewhere, or back inside, and destroys it where it was.
  @available(*, noasync, message: "This waits for the door; call it from a thread of its own.")
  public func moveKey(to place: KeyPlace) throws(StorageError) {
    let operation = "moving the log's key"
    let lock = try lockKeys(operation)
    defer { lock.release() }
    let old = try settledPlace(operation)
    if old == place { return }
    let current: VerifierKey
    do throws(ReadingError) { current = try reader.keyChain().current } catch {
      throw StorageError(.reading(error), operation)
    }
    guard case .secret(let secret) = try signer.keys.key(current).key else {
      throw StorageError(
        .keyUnusable("an agent gives no secret away: rotate to a key elsewhere instead"), operation)
    }
    try requireFree(place, operation)
    do throws(DirectoryError) {
      try signer.keys.prepare(secret, at: place, from: old)
      signer.step(.prepared)
      // The door closes again when the pass is dropped.
      let pass = try door.enter(within: deadline, guarding: files)
      try signer.keys.settle(step: signer.step)
      pass.leave()
    } catch {
      throw StorageError(.directory(error), operation)
    }
  }

  // MARK: Steps

  /// Makes the event in the transaction that appends it, since both keys sign where it stands.
  func perform(
    _ rotation: Rotation, in appender: inout Appender, random: inout RandomSupply
  ) throws(StorageError) -> Outcome {
    let operation = "rotating the log's key"
    let old: VerifierKey
    do throws(ReadingError) {
      old = try Snapshot(appender.loan, appender.tables, head: appender.head)
        .keyChain(of: identity).current
    } catch {
      throw StorageError(.reading(error), operation)
    }
    let new = VerifierKey(name: old.name, publicKey: rotation.key.publicKey)
    var fact = KeyRotated(
      old: Text(old.description), new: Text(new.description), size: appender.head.size,
      root: Digest(appender.head.frontier.root()), oldSignature: "", newSignature: "")
    let statement: [UInt8]
    do throws(CodecError) {
      statement = try RotationStatement.bytes(of: fact, origin: Text(identity.origin))
    } catch {
      throw StorageError(.unencodable(error), operation)
    }
    let keys = [try signer.keys.key(old).key, rotation.key]
    var signatures: [Text] = []
    for key in keys {
      signatures.append(
        Text(Transparency.Base64.string(try key.signature(for: statement), as: .standard)))
    }
    (fact.oldSignature, fact.newSignature) = (signatures[0], signatures[1])
    let command = Command(actor: rotation.actor, intent: .rotateKey(fact, reason: rotation.reason))
    let outcome = try perform(
      Submission(command, request: rotation.request), in: &appender,
      random: &random)
    signer.step(.appended)
    return outcome
  }

  /// Keeps other rotations and moves away; lasts until it is dropped.
  private func lockKeys(_ operation: String) throws(StorageError) -> KeyLock {
    do throws(DirectoryError) { return try KeyLock(directory) } catch {
      throw StorageError(.directory(error), operation)
    }
  }

  /// Where the key is, after what an interrupted rotation left was finished.
  private func settledPlace(_ operation: String) throws(StorageError) -> KeyPlace {
    if case .failed(let error) = signCheckpoint() { throw error }
    do throws(DirectoryError) {
      let places = try signer.keys.places()
      // What is left now came to nothing: a copy of a secret may be among it.
      if places.count > 1 { signer.keys.abandon(places[1]) }
      return places.first ?? .inside
    } catch {
      throw StorageError(.directory(error), operation)
    }
  }

  private func newKey(
    at place: KeyPlace, _ old: KeyPlace, _ operation: String
  ) throws(StorageError) -> LogKey {
    if case .agent(let publicKey) = place {
      let key = AgentKey(publicKey: publicKey)
      // Whether it can sign is known before anything is written.
      do throws(AgentError) { try key.probe() } catch {
        throw StorageError(.keyUnusable("\(error)"), operation)
      }
      return .agent(key)
    }
    if place != old { try requireFree(place, operation) }
    var seed = [UInt8](repeating: 0, count: 32)
    guard clinux_random(&seed, seed.count) == 0,
      let key = try? SigningKey(rawRepresentation: seed)
    else { throw StorageError(.noRandomness, operation) }
    return .secret(key)
  }

  /// Refuses to put a key where something is.
  private func requireFree(_ place: KeyPlace, _ operation: String) throws(StorageError) {
    guard let path = place.secretFile(in: directory), statusOfLink(path) != nil else { return }
    throw StorageError(
      .directory(
        DirectoryError(
          .cannotCreate, "put the key in", path, "something is there already",
          whatNext: "name another file", systemError: EEXIST)), operation)
  }
}

/// A lock on the ledger's `keys` directory: one rotation or move at a time.
struct KeyLock: ~Copyable {
  private let descriptor: Descriptor

  init(_ directory: LedgerDirectory) throws(DirectoryError) {
    descriptor = try KeyLock.lock(directory)
  }

  private static func lock(_ directory: LedgerDirectory) throws(DirectoryError) -> Descriptor {
    let operation = "replace the key in"
    let descriptor = try Descriptor.open(
      directory.keysDirectory, O_RDONLY | O_DIRECTORY, for: operation)
    guard descriptor.lock(LOCK_EX | LOCK_NB) else {
      guard errno == EWOULDBLOCK else { throw .system(operation, directory.keysDirectory) }
      throw DirectoryError(
        .busy, operation, directory.keysDirectory, "somebody else is replacing or moving it",
        whatNext: "try again when they are done", systemError: EWOULDBLOCK)
    }
    return descriptor
  }

  /// Lets others in.
  func release() { _ = descriptor.lock(LOCK_UN) }
}

extension LedgerReader {
  /// Where the private key is, and whether it could sign now. An agent is asked, which may take a
  /// few seconds; what it signs is nothing.
  public func keyStatus() -> KeyStatus {
    let keys = LogKeys(directory: directory)
    var place = (try? keys.places())?.first ?? .inside
    do {
      let found = try keys.key(try keyChain().current)
      place = found.place
      if case .agent(let held) = found.key { try held.probe() }
      return KeyStatus(place: place, problem: nil)
    } catch let error as AgentError {
      return KeyStatus(place: place, problem: "\(error)")
    } catch let error as StorageError {
      if case .keyUnusable(let why) = error.code { return KeyStatus(place: place, problem: why) }
      return KeyStatus(place: place, problem: "\(error)")
    } catch {
      return KeyStatus(place: place, problem: "\(error)")
    }
  }
}

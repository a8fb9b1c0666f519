// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
public import Transparency

/// The keys of a ledger from its first on, each introduced by the one before it, and the sizes that
/// each signs for. After a rotation at size N the old key signs sizes up to N, the new one above.
public struct KeyChain: Equatable, Sendable {
  /// A key and its sizes.
  public struct Epoch: Equatable, Sendable {
    /// The key.
    public var key: VerifierKey
    /// The greatest size that it does not sign for; nil for the first key, which signs from 0 on.
    public var after: LedgerSize?
    /// The greatest size that it signs for; nil for the key in use.
    public var until: LedgerSize?
    /// The event that introduced it.
    public var position: Position

    /// The sizes in words: `1 to 42`, `43 and more`.
    public var words: String {
      let first = after.map { $0.value + 1 } ?? 1
      return until.map { "\(first) to \($0.value)" } ?? "\(first) and more"
    }
  }

  /// Why a rotation introduces no key.
  public enum Fault: Error, Equatable, Sendable {
    /// The old key is not the one that was in use.
    case otherKey
    /// The size is not the number of events before it.
    case otherSize
    /// The root is not that of the events before it.
    case otherRoot
    /// The new key is no key of this origin, or was one before.
    case newKey
    /// The old key did not sign it.
    case oldSignature
    /// The new key did not sign it.
    case newSignature

    /// A clause for a person.
    public var words: String {
      switch self {
      case .otherKey: "it replaces a key that was not in use"
      case .otherSize: "it names another size than the number of events before it"
      case .otherRoot: "it names another root than that of the events before it"
      case .newKey: "its new key is none of this origin, or was in use before"
      case .oldSignature: "the old key has not signed it"
      case .newSignature: "the new key has not signed it"
      }
    }
  }

  /// The name of the ledger, which is that of each key.
  public let origin: String
  /// Oldest first, at least one; the last is in use.
  public private(set) var epochs: [Epoch]

  /// The chain of a ledger whose first key is this vkey.
  public init(first vkey: String, origin: String) throws(NoteError) {
    self.origin = origin
    epochs = [Epoch(key: try VerifierKey(vkey), after: nil, until: nil, position: Position(0))]
  }

  /// The key in use.
  public var current: VerifierKey { epochs[epochs.count - 1].key }

  /// The one key that signs for a size.
  public func key(for size: LedgerSize) -> VerifierKey {
    (epochs.first { $0.until.map { size <= $0 } ?? true } ?? epochs[epochs.count - 1]).key
  }

  /// Adds the key that an event introduces, or nothing. `root` is that of the events before it,
  /// where that is known.
  public mutating func add(
    _ fact: KeyRotated, at position: Position, root: MerkleHash? = nil
  ) throws(Fault) {
    guard fact.old.string.utf8.elementsEqual(current.description.utf8) else { throw .otherKey }
    guard fact.size.value == position.value else { throw .otherSize }
    if let root, Digest(root) != fact.root { throw .otherRoot }
    guard let new = try? VerifierKey(bytes: Array(fact.new.string.utf8)),
      new.name == current.name,
      !epochs.contains(where: { $0.key.publicKey == new.publicKey }),
      let statement = try? RotationStatement.bytes(of: fact, origin: Text(origin))
    else { throw .newKey }
    guard KeyChain.isSigned(fact.oldSignature, statement, by: current) else {
      throw .oldSignature
    }
    guard KeyChain.isSigned(fact.newSignature, statement, by: new) else { throw .newSignature }
    epochs[epochs.count - 1].until = fact.size
    epochs.append(Epoch(key: new, after: fact.size, until: nil, position: position))
  }

  private static func isSigned(
    _ signature: Text, _ statement: [UInt8], by key: VerifierKey
  ) -> Bool {
    guard let bytes = try? Transparency.Base64.decode(Array(signature.string.utf8), as: .standard)
    else { return false }
    return key.publicKey.isValidSignature(bytes, for: statement)
  }
}

extension Snapshot {
  /// The keys as the events say, from the first, which the caller believes.
  ///
  /// Rotations are looked up in the index of types, their signatures verified and their roots
  /// computed; what follows one that does not hold is left out. One seek where there are none.
  public func keyChain(of identity: LedgerIdentity) throws(ReadingError) -> KeyChain {
    var chain: KeyChain
    do throws(NoteError) {
      chain = try KeyChain(first: identity.vkey, origin: identity.origin)
    } catch {
      throw ReadingError(
        .anotherLedger("the vkey in ledger.json is none (\(error))"), "reading the ledger's keys")
    }
    try forEachPosition(of: .keyRotated, asOf: size) { (position) throws(ReadingError) in
      guard case .keyRotated(let fact) = try event(at: position).fact else { return true }
      let root = try root(at: LedgerSize(position.value))
      do throws(KeyChain.Fault) { try chain.add(fact, at: position, root: root) } catch {
        return false
      }
      return true
    }
    return chain
  }
}

extension LedgerReader {
  /// The ledger's keys as of now.
  public func keyChain() throws(ReadingError) -> KeyChain {
    try read { (snapshot) throws(ReadingError) in try snapshot.keyChain(of: identity) }
  }
}

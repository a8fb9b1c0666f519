// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading
import Synchronization
import Transparency

// When the head is signed, and by whom.

/// How far a checkpoint came inside the door.
enum SigningAttempt {
  /// None is asked for.
  case notDue
  /// It is published, or cannot be.
  case done(CheckpointOutcome)
  /// An agent has the key: it is asked when the door is open again.
  case asks(CheckpointSigner.Basis, LogKey)
}

extension Ledger {
  /// Whether a checkpoint is signed after a commit: at once after what matters, otherwise once a
  /// second. An agent that did not answer is left alone for a while.
  func isCheckpointDue(after head: Head, signsNow: Bool) -> Bool {
    let now = clock.read().bootMicroseconds
    return signing.withLock { state in
      state.committed = head.size
      guard let last = state.lastMicroseconds else { return true }
      if state.failure != nil, last <= now, now - last < Ledger.pauseMicroseconds { return false }
      return signsNow || now < last || now - last >= 1_000_000
    }
  }

  /// How long a key that could not be reached is not asked for again, unless somebody wants to
  /// know.
  private static let pauseMicroseconds: UInt64 = 1_000_000

  /// Signs and publishes the head. The door is held, and nobody is waited for.
  func signHead() -> SigningAttempt {
    let operation = "signing a checkpoint"
    let basis: CheckpointSigner.Basis
    do throws(ReadingError) {
      basis = try reader.read { (snapshot) throws(ReadingError) in try signer.basis(snapshot) }
    } catch {
      return .done(.failed(StorageError(reading: error, operation)))
    }
    do throws(StorageError) {
      if basis.isPublished, let note = basis.published {
        // An earlier process may have ended between publishing and putting the new key in place.
        if let found = try? signer.keys.key(basis.key), found.isNext { try signer.settle() }
        return .done(.signed(note, size: LedgerSize(basis.checkpoint.size)))
      }
      let found = try signer.keys.key(basis.key)
      let (key, isNext) = (found.key, found.isNext)
      if case .agent = key, !isNext { return .asks(basis, key) }
      let note = try signer.sign(basis, with: key)
      signer.step(.signed)
      try signer.publish(note, basis)
      signer.step(.published)
      if isNext { try signer.settle() }
      signer.step(.settled)
      return .done(.signed(note, size: LedgerSize(basis.checkpoint.size)))
    } catch {
      return .done(.failed(error))
    }
  }

  /// Asks an agent where that is needed, and remembers what became of it. The door is not held.
  func conclude(_ attempt: SigningAttempt) -> CheckpointOutcome? {
    let outcome: CheckpointOutcome
    switch attempt {
    case .notDue: return nil
    case .done(let done): outcome = done
    case .asks(let basis, let key): outcome = askAgent(basis, key)
    }
    let now = clock.read().bootMicroseconds
    signing.withLock { state in
      state.lastMicroseconds = now
      switch outcome {
      case .signed(_, let size):
        state.signed = max(state.signed, size)
        state.failure = nil
      case .failed(let error): state.failure = error
      }
    }
    return outcome
  }

  private func askAgent(_ basis: CheckpointSigner.Basis, _ key: LogKey) -> CheckpointOutcome {
    do throws(StorageError) {
      let note = try signer.sign(basis, with: key)
      return try publish(note, of: LedgerSize(basis.checkpoint.size))
    } catch {
      return .failed(error)
    }
  }

  private func publish(
    _ note: [UInt8], of size: LedgerSize
  ) throws(StorageError) -> CheckpointOutcome {
    let pass: DoorPass
    do throws(DoorFailure) { pass = try enter() } catch { throw error.cause }
    let now: CheckpointSigner.Basis
    do throws(ReadingError) {
      now = try reader.read { (snapshot) throws(ReadingError) in try signer.basis(snapshot) }
    } catch {
      throw StorageError(reading: error, "signing a checkpoint")
    }
    // Meanwhile somebody else may have published a later one, which says what this one says.
    if let later = now.publishedSize, let published = now.published, later >= size {
      return .signed(published, size: later)
    }
    try signer.publish(note, now)
    pass.leave()
    return .signed(note, size: size)
  }
}

extension Ledger.DoorFailure {
  /// What happened.
  var cause: StorageError {
    switch self {
    case .shut(let error), .known(let error), .unknown(let error): error
    }
  }
}

extension StorageError {
  /// Wraps a failure to read; one of the directory as that.
  init(reading error: ReadingError, _ operation: String) {
    if case .directory(let cause) = error.code {
      self.init(.directory(cause), operation)
    } else {
      self.init(.reading(error), operation)
    }
  }
}

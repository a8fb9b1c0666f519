// SPDX-License-Identifier: Apache-2.0

/// Why a proof proves nothing.
public enum ProofError: Error, Equatable, Sendable {
  /// The leaf lies outside the tree.
  case indexBeyondSize(index: UInt64, size: UInt64)
  /// A proof between these places has another number of hashes.
  case wrongHashCount(expected: Int, found: Int)
  /// The hashes do not lead to the root of the checkpoint.
  case rootMismatch
  /// The hashes do not lead to the root of the older checkpoint.
  case olderRootMismatch
  /// The checkpoints are of two logs.
  case originMismatch
  /// The checkpoint that should be older is of a larger tree.
  case sizesReversed(older: UInt64, newer: UInt64)
  /// The checkpoint that came with the proof is not believed.
  case checkpoint(NoteError)
}

extension ProofError: CustomStringConvertible {
  /// What is wrong, as a clause.
  public var description: String {
    switch self {
    case .indexBeyondSize(let index, let size):
      "leaf \(index) is not among the \(size) leaves of the checkpoint"
    case .wrongHashCount(let expected, let found):
      "the proof has \(found) hashes, and one for this place has \(expected)"
    case .rootMismatch: "the proof does not lead to the checkpoint's root"
    case .olderRootMismatch: "the proof does not lead to the older checkpoint's root"
    case .originMismatch: "the checkpoints are of two logs"
    case .sizesReversed(let older, let newer):
      "the older checkpoint is of \(older) leaves, and the newer of \(newer)"
    case .checkpoint(let error): "its checkpoint is not believed: \(error)"
    }
  }
}

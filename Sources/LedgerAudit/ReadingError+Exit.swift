// SPDX-License-Identifier: Apache-2.0
import LMDB
public import LedgerReading

extension ReadingError {
  /// The exit code of a command that ends with this (sysexits.h).
  public var exitCode: Int32 {
    if isDamage { return 2 }
    switch code {
    case .directory(let error): return error.code.exitCode
    case .beyondHead: return 65
    case .newerViews, .olderViews: return 69
    case .database(let error):
      switch error.code {
      case .readersFull, .mapResized, .exchanged: return 75
      case .alreadyOpen, .closed, .transactionOpen, .badTransaction: return 70
      default: return 74
      }
    default: return 74
    }
  }

  /// The failure in one word, for programs.
  public var word: String {
    switch code {
    case .database: "database"
    case .leafMissing: "leaf-missing"
    case .leafUndecodable: "leaf-undecodable"
    case .leafAltered: "leaf-altered"
    case .textAltered: "text-altered"
    case .textMissing: "text-missing"
    case .rowDamaged: "row-damaged"
    case .headDamaged: "head-damaged"
    case .treeDamaged: "tree-damaged"
    case .behindCheckpoint: "behind-checkpoint"
    case .anotherLedger: "another-ledger"
    case .directory(let error): error.code.rawValue
    case .beyondHead: "beyond-head"
    case .newerViews: "newer-views"
    case .olderViews: "older-views"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import LedgerReading

/// What makes an entry of a trail stand out.
public enum TrailMark: String, CaseIterable, Sendable {
  /// It was recorded more than a second after it occurred: the system itself says so.
  case late = "late"
  /// A person says that it occurred before it was recorded.
  case backDated = "back-dated"
  /// The clock read less than the event before it, or was corrected here.
  case clock = "clock"
  /// The policy was set aside: an approval or rejection with an exception.
  case exception = "exception"
  /// Its words were erased.
  case erased = "erased"
  /// Its words are gone though no erasure names them.
  case missing = "missing"
  /// A job whose runner died.
  case lost = "lost"

  /// The marks of an event, in the order of the cases.
  static func marks(of event: Event, isErased: Bool, isMissing: Bool) -> [TrailMark] {
    allCases.filter { mark in
      switch mark {
      case .late: event.occurred != nil && event.actor.authentication == .system
      case .backDated: event.occurred != nil && event.actor.authentication != .system
      case .clock: event.clock != nil || event.fact.isClockCorrection
      case .exception: event.fact.exceptions != nil
      case .erased: isErased
      case .missing: isMissing
      case .lost: event.fact.isLoss
      }
    }
  }
}

extension TrailEntry {
  /// What makes it stand out.
  public var marks: [TrailMark] {
    TrailMark.marks(
      of: event, isErased: words == .erased && !isMissing, isMissing: isMissing)
  }
}

extension Fact {
  fileprivate var isClockCorrection: Bool {
    if case .clockCorrected = self { true } else { false }
  }
  fileprivate var isLoss: Bool {
    if case .jobLost = self { true } else { false }
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

/// A word that stands in a row as a number. The numbers are stored: listed here alone, from 1,
/// never changed and never reused.
protocol RowWord: CaseIterable, Sendable {
  /// The number of a word.
  var rowCode: UInt8 { get }
  /// The words by their numbers, made from `rowCode` once.
  static var rowWords: RowWords<Self> { get }
}

/// The words of one type by their numbers.
struct RowWords<Word: RowWord>: Sendable {
  private let words: [Word?]

  init() {
    var words: [Word?] = []
    for word in Word.allCases {
      let code = Int(word.rowCode)
      while words.count <= code { words.append(nil) }
      precondition(code > 0 && words[code] == nil, "two words share a number")
      words[code] = word
    }
    self.words = words
  }

  /// The word with a number; nil when there is none.
  subscript(code: UInt8) -> Word? { Int(code) < words.count ? words[Int(code)] : nil }
}

extension JobKind: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .training: 1
    case .evaluation: 2
    case .approval: 3
    case .deployment: 4
    case .retirement: 5
    case .import: 6
    case .statistics: 7
    case .prediction: 8
    case .run: 9
    case .batchRun: 10
    case .exec: 11
    }
  }
}

extension SubjectKind: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .model: 1
    case .feature: 2
    }
  }
}

extension Trigger: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .manual: 1
    case .cron: 2
    case .runNow: 3
    case .api: 4
    }
  }
}

extension JobStatus: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .created: 1
    case .running: 2
    case .completed: 3
    case .failed: 4
    case .stopped: 5
    case .lost: 6
    }
  }
}

extension EffectRemaining: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .none: 1
    case .descendants: 2
    case .undone: 3
    case .hook: 4
    case .unknown: 5
    }
  }
}

extension Version.Making: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .building: 1
    case .built: 2
    case .failed: 3
    }
  }
}

extension Verdict: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .approved: 1
    case .rejected: 2
    }
  }
}

extension Engine: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .batch: 1
    case .service: 2
    case .embedded: 3
    }
  }
}

extension MissedPolicy: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .skip: 1
    case .once: 2
    }
  }
}

extension Authentication: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .claimed: 1
    case .os: 2
    case .token: 3
    case .ssh: 4
    case .system: 5
    }
  }
}

extension Role: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .viewer: 1
    case .operator: 2
    case .approver: 3
    case .auditor: 4
    case .admin: 5
    }
  }
}

extension Policy.SignedAct: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .approved: 1
    case .rejected: 2
    case .deployed: 3
    case .retired: 4
    case .erased: 5
    }
  }
}

extension AlertAction: RowWord {
  static let rowWords = RowWords<Self>()
  var rowCode: UInt8 {
    switch self {
    case .retrain: 1
    case .reevaluate: 2
    case .retire: 3
    case .accept: 4
    case .investigate: 5
    }
  }
}

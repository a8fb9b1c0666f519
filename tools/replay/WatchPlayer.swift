// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

/// Shows one event of a history after the other, in time.
struct WatchPlayer {
  /// How it ended, where not with the last event.
  enum Ending: Equatable {
    /// By a key.
    case quit
    /// By a signal.
    case signal(Int32)
  }

  private let console: Console
  private let reader: LedgerReader
  private let scope: TrailScope
  private let pace: WatchPace
  private var screen: WatchScreen
  private var isPaused = false
  /// When the latest one was shown, by a clock that never goes back.
  private var shown: UInt64 = 0

  init(_ console: Console, pace: WatchPace, reader: LedgerReader, scope: TrailScope) {
    self.console = console
    self.pace = pace
    self.reader = reader
    self.scope = scope
    screen = WatchScreen(console)
  }

  /// Plays to the end; returns how it ended before that, if it did.
  mutating func play(_ trail: Trail) throws -> Ending? {
    // Where nothing waits, signals do as ever.
    let keyboard = console.outIsTerminal || pace != .full ? WatchKeyboard() : nil
    if pace == .step, keyboard?.hasKeys != true {
      throw ValidationError("--pace step needs a terminal, whose keys can be pressed")
    }
    if keyboard?.hasKeys == true, screen.hasPanel {
      screen.keys = "space: stop, go on · Enter: next · q: end"
    }
    var last: Timestamp?
    for position in try trail.eventPositions() {
      let entry = try trail.entry(at: position)
      let time = entry.event.time
      let gap = last.map { UInt64(max(0, time.microseconds - $0.microseconds)) } ?? 0
      if last != nil, let keyboard, let ending = wait(gap, keyboard) {
        try screen.finish()
        return ending
      }
      try screen.show(
        entry, after: gap,
        screen.hasPanel ? try production(asOf: LedgerSize(after: position)) : [])
      shown = ProgressLine.monotonicMicroseconds()
      last = time
    }
    try screen.finish()
    return nil
  }

  /// Waits as long as the pace says, or until a key or signal says otherwise.
  private mutating func wait(_ gap: UInt64, _ keyboard: WatchKeyboard) -> Ending? {
    while true {
      var time: UInt64?
      if !isPaused, let span = pace.wait(after: gap) {
        let now = ProgressLine.monotonicMicroseconds()
        time = shown + span > now ? shown + span - now : 0
      }
      switch keyboard.wait(time) {
      case .timeout: return nil
      case .signal(let number): return .signal(number)
      case .key(let key):
        switch key {
        case UInt8(ascii: "q"): return .quit
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return nil
        case UInt8(ascii: " ") where pace == .step: return nil
        case UInt8(ascii: " "): isPaused.toggle()
        default: break
        }
      }
    }
  }

  /// What is in production as of a size, as far as it belongs to what is watched.
  private func production(
    asOf size: LedgerSize
  ) throws -> [(version: String, state: Deployment)] {
    try reader.withSnapshot { snapshot in
      var occupants: [DeploymentID] = []
      try snapshot.forEachEntity(of: .slot, asOf: size) { entity in
        if case .slot(let slot) = entity, scope.covers(slot.subject), let id = slot.occupant {
          occupants.append(id)
        }
        return true
      }
      var documents = Documents(snapshot, asOf: size)
      var found: [(version: String, state: Deployment)] = []
      for id in occupants {
        guard case .deployment(let state)? = try snapshot.entity(.deployment(id), asOf: size)
        else { continue }
        found.append((try documents.label(of: state.version), state))
      }
      return found
    }
  }
}

extension TrailScope {
  /// Whether what is in production of a subject belongs to it.
  fileprivate func covers(_ subject: SubjectID) -> Bool {
    switch self {
    case .ledger, .job, .schedule, .actor: true
    case .project(let name): subject.project == name
    case .subject(let id), .deployment(_, let id): subject == id
    case .version(let id): subject == id.subject
    }
  }
}

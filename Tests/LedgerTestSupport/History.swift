// SPDX-License-Identifier: Apache-2.0
// LedgerTestSupport — what several test targets need: clock, seeds, generators, the naive model.
// Reads: nothing but what it is given (PythonOracle starts python3). Never: the wall clock.
// Invariant: the same seed gives the same history, everywhere and always.
// Start at: Scenario (one case, by hand), HistoryGenerator (any history), NaiveModel (the oracle).

public import LedgerDomain

/// A history with all that is needed to make it again: in memory, or through a store.
public struct History: Sendable {
  /// How some of its events came about.
  public enum Step: Equatable, Sendable {
    /// A command that was accepted, when the clock read `at`.
    case accepted(Command, at: Timestamp, bits: UInt64, events: Range<Int>)
    /// A command that was refused; the events are its `command.refused`, if that is recorded.
    case refused(Command, at: Timestamp, bits: UInt64, Refusal, events: Range<Int>)
    /// Facts that come from no command: the beginning, log lines, and types of later versions.
    case recorded([Draft], at: Timestamp, events: Range<Int>)

    /// The indices of the events that it made.
    public var events: Range<Int> {
      switch self {
      case .accepted(_, _, _, let events), .refused(_, _, _, _, let events),
        .recorded(_, _, let events):
        events
      }
    }
  }

  /// The seed that it came from.
  public var seed: UInt64
  /// Every event, with position, time, revision and a stand-in for the text digest.
  public var events: [Event]
  /// The words of each event, at the same index.
  public var texts: [EventText]
  /// How they came about, in order.
  public var steps: [Step]
  /// The views after all of it, folded as it went.
  public var views: MemoryViews

  /// The commands that were accepted.
  public var commands: [Command] {
    steps.compactMap { if case .accepted(let command, _, _, _) = $0 { command } else { nil } }
  }
}

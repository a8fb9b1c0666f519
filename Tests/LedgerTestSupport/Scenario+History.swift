// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

extension Scenario {
  /// What happened, for a store: event by event after the beginning, as facts that no command asks for.
  public var history: History {
    var steps: [History.Step] = []
    for (index, event) in events.enumerated() where index != 1 {
      let end = index == 0 ? 2 : index + 1
      steps.append(.recorded([], at: event.time, events: index..<min(end, events.count)))
    }
    return History(
      seed: 0, events: events, texts: recorder.texts, steps: steps, views: views)
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

extension ScheduleHistory {
  /// The shape of a schedule with the ticks that come next.
  func json(nextTicks: [Timestamp]) -> JSONValue {
    guard case .object(var object) = json else { return json }
    if !nextTicks.isEmpty {
      object["nextTicks"] = .array(nextTicks.map { .string($0.description) })
    }
    return .object(object)
  }
}

extension Page {
  /// Adds a schedule: what it runs and when, what comes next, and what became of its ticks.
  mutating func add(_ history: ScheduleHistory, nextTicks: [Timestamp]) {
    let schedule = history.schedule.schedule
    let fact = schedule.fact
    add("schedule", "\(schedule.project)/\(schedule.name)")
    add("status", word: history.status)
    add("suspended by", history.suspension)
    add("removed by", history.removal)
    add(
      "runs",
      "\(fact.kind.rawValue) of \(fact.deployment)"
        + (history.deployment.map { ", \($0.version) on \($0.deployment.target)" } ?? ""))
    add("cron", fact.cron.string)
    add("zone", fact.zone.string)
    add(
      "missed ticks",
      fact.policy == .skip
        ? "skip: they are recorded" : "once: they are recorded, and the latest is run")
    add("owner", fact.owner.string)
    add("added", schedule.created.time)
    add("last tick", schedule.lastTick)
    add("next ticks", nextTicks.map { reading($0, fact.zone.string) }.joined(separator: ", "))
    if let latest = history.latestMissed {
      add(
        "missed",
        "\(Words.count(history.missed, "tick")), the latest due "
          + TimeText.seconds(latest.nominalTime), .warning)
    }
    // Where it still stands still, the same was said above.
    if history.missedBecause != history.suspension { add("missed by", history.missedBecause) }
    if history.jobs.isEmpty { return }
    heading("Latest jobs")
    for job in history.jobs {
      let request = job.job.request
      item(
        [
          job.job.id.string, job.job.status.rawValue,
          request.nominalTime.map { "due \(TimeText.seconds($0))" }
            ?? "\(request.trigger.rawValue), \(TimeText.seconds(job.job.created.time))",
          job.outputs?.rows.map { Words.count($0, "row") } ?? "", job.error?.string ?? "",
        ].filter { !$0.isEmpty }.joined(separator: "  "),
        Style.of(word: job.job.status.rawValue))
    }
  }

  /// Adds what something followed from.
  mutating func add(_ name: String, _ cause: EventCause?) {
    guard let cause else { return }
    add(
      name,
      "#\(cause.event.position.value) on \(TimeText.seconds(cause.event.time)): "
        + "\(cause.event.actor.words) \(cause.what)"
        + (cause.reason.map { ", because: \($0.string)" } ?? ""))
  }

  /// A moment, and what clocks of a zone show then.
  private func reading(_ moment: Timestamp, _ zone: String) -> String {
    guard zone != "UTC", let rules = try? TimeZoneDatabase.system().rules(of: zone) else {
      return TimeText.seconds(moment)
    }
    let offset = rules.offset(at: moment.microseconds / 1_000_000)
    let local = Timestamp(microseconds: moment.microseconds + Int64(offset) * 1_000_000)
    let hours = TimeText.absolute(local).dropFirst(11).prefix(5)
    return "\(TimeText.seconds(moment)) (\(hours) there)"
  }
}

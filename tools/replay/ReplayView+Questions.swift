// SPDX-License-Identifier: Apache-2.0
import LedgerAudit
import LedgerConsole
import LedgerDomain
import LedgerReading

// What `ask` and `report` are asked about.
extension ReplayView {
  /// A subject, version or project; without one the whole ledger.
  func scope(_ ref: String?) throws -> TrailScope {
    guard let ref else { return .ledger }
    return switch try resolve(ref, [.subject, .version, .project]) {
    case .subject(let id): .subject(id)
    case .version(let id): .version(id)
    case .project(let name): .project(name)
    default: .ledger
    }
  }

  /// The size at which lists of events begin, with the event or the first of the day that is named: 0
  /// without a moment.
  func beginning(_ written: String?, _ moment: AsOfOptions) throws -> LedgerSize {
    guard let written else { return LedgerSize(0) }
    let asOf = try AsOf(written)
    let zone = try moment.zoneRules()
    let size =
      switch asOf {
      // Where a state is as of the end of what is named, a list begins with it.
      case .after(let position): LedgerSize(position.value)
      case .moment(let moment):
        try snapshot.size(
          asOf: Timestamp(
            microseconds: try moment.beginning(in: zone, now: ProcessEnvironment.now())
              .microseconds - 1))
      case .size, .checkpoint:
        try asOf.resolve(
          in: snapshot, origin: reader.identity.origin, zone: zone, now: ProcessEnvironment.now()
        ).get().size
      }
    guard size <= at.size else {
      throw Failure(
        .badInput, code: "window-empty", what: "ask about what came since", on: "'\(written)'",
        why: "size \(size.value) is after the size \(at.size.value) that is asked about",
        next: "begin the lists before they end")
    }
    return size
  }

  /// When it is asked about, as of the options: a time that was given, as far as it has come; the time
  /// of the last event where a size was; nil for now.
  func instant(_ moment: AsOfOptions) throws -> Timestamp? {
    guard let written = moment.asOf else { return nil }
    guard case .moment(let written) = try AsOf(written) else { return at.time }
    let now = ProcessEnvironment.now()
    let asked = min(try written.end(in: try moment.zoneRules(), now: now), now)
    return at.time.map { max($0, asked) } ?? asked
  }
}

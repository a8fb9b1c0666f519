// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading

/// What is shown of a measurement of drift.
public struct DriftDocument: Document {
  /// The event.
  public var mark: Mark
  /// What it says.
  public var fact: DriftMeasured

  /// The column that moved most; nil where the event does not list them.
  public var greatest: Metric? {
    guard case .inline(let columns) = fact.psi else { return nil }
    return columns.max { $0.value < $1.value }
  }

  /// How many columns were compared.
  public var columns: UInt64 {
    switch fact.psi {
    case .inline(let columns): UInt64(columns.count)
    case .list(let list): list.count
    }
  }

  /// The object that it is shown as: the members of the event, and where that stands.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("position", mark.position)
    object.put("time", mark.time)
    object.put("deployment", fact.deployment)
    object.put("baseline", fact.baseline)
    switch fact.psi {
    case .inline(let columns): object.put("psi", Metric.json(columns))
    case .list(let list):
      var blob = DocumentObject()
      blob.put(number: "count", list.count)
      blob.put("digest", list.digest)
      object.put("psi", blob.json)
    }
    object.put("predictionDrift", fact.predictionDrift.map { Metric(name: "psi", value: $0).json })
    object.put("performanceDrift", fact.performanceDrift.map { Metric.json($0) })
    object.put("threshold", .number(fact.threshold))
    object.put("alert", fact.alert)
    return object.json
  }
}

/// What is shown of an answer to an alert.
public struct AnswerDocument: Document {
  /// The answer.
  public var answer: Deployment.Answer
  /// Who gave it.
  public var actor: Actor
  /// When the alert that it is about was raised.
  public var alertTime: Timestamp
  /// Why; nil where that was erased.
  public var reason: Text?

  /// How long the alert had waited for it, in microseconds.
  public var delayMicroseconds: UInt64 {
    UInt64(max(0, answer.mark.time.microseconds - alertTime.microseconds))
  }

  /// The object that it is shown as.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("position", answer.mark.position)
    object.put("time", answer.mark.time)
    object.put("actor", actor)
    object.put("drift", answer.drift)
    object.put("action", answer.action.rawValue)
    object.put("reason", reason)
    object.put(number: "delay", delayMicroseconds)
    return object.json
  }
}

extension Documents {
  /// The column that moved most, from the stored list where the event has none; nil without that.
  func greatest(of drift: DriftMeasured) -> Metric? {
    let columns: [Metric]
    switch drift.psi {
    case .inline(let metrics): columns = metrics
    case .list(let list):
      columns = (blobs?.list(list.digest) ?? []).compactMap { entry in
        guard let name = entry.object?["column"]?.text,
          case .number(let value)? = entry.object?["psi"]
        else { return nil }
        return Metric(name: name, value: value)
      }
    }
    return columns.max { $0.value < $1.value }
  }

  /// The measurement of drift at a position; nil where that is none.
  mutating func drift(at position: Position) throws(ReadingError) -> DriftDocument? {
    let event = try event(at: position)
    guard case .driftMeasured(let fact) = event.fact else { return nil }
    return DriftDocument(mark: Mark(event), fact: fact)
  }

  /// Joins who gave an answer, and why, to it.
  mutating func document(
    of answer: Deployment.Answer
  ) throws(ReadingError) -> AnswerDocument {
    let event = try event(at: answer.mark.position)
    return AnswerDocument(
      answer: answer, actor: event.actor, alertTime: try self.event(at: answer.drift).time,
      reason: try snapshot.text(of: event).string(.reason))
  }
}

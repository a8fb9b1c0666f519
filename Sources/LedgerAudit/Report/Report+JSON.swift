// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain

extension Report {
  /// The report for programs: what it covers, then the answers as `ask` gives them.
  public var json: JSONValue {
    var object = DocumentObject()
    object.put("title", title)
    object.put("origin", origin)
    object.put("ledger", ledger)
    object.put("scope", order.scope.json)
    object.put(number: "since", order.since.value == 0 ? nil : order.since.value)
    object.put("sinceTime", sinceTime)
    object.put("asOf", asOf.json)
    object.put("moment", moment)
    object.put("tool", order.tool)
    object.put("bundle", bundle?.summary.json)
    object.put("language", language.rawValue)
    object.put(
      "checkpoint",
      checkpoint.map { head in
        var checkpoint = DocumentObject()
        checkpoint.put(number: "size", head.size.value)
        checkpoint.put("root", head.root)
        checkpoint.put("covers", head.covers)
        return checkpoint.json
      })
    object.put(number: "exceptions", exceptionCount)
    object.put("answers", .array(answers.map(\.json)))
    object.put("lifeCycle", lifeCycle.json)
    object.put("profile", order.profile.map { json(of: $0) })
    object.put("disclaimer", ReportWords(language).disclaimer)
    return object.json
  }

  private func json(of profile: Profile) -> JSONValue {
    var object = DocumentObject()
    object.put("name", profile.rawValue)
    object.put("title", profile.title(language))
    object.put(
      "clauses",
      .array(
        profile.clauses.map { clause in
          var row = DocumentObject()
          row.put("clause", clause.citation(language))
          row.put("asks", clause.asks(language))
          row.put("questions", .array(clause.questions.map { .integer($0.rawValue) }))
          row.put(
            "results",
            .array(clause.questions.map { .string("\($0.rawValue): \(result(of: $0))") }))
          row.put("notCovered", clause.notCovered(language))
          return row.json
        }))
    return object.json
  }
}

extension LifeCycle {
  /// `{"versions":{"approved":2,…},"steps":{"deployed":3,…}}`
  var json: JSONValue {
    var versions = DocumentObject()
    for (status, count) in self.versions { versions.put(number: Text(status.rawValue), count) }
    var steps = DocumentObject()
    for (step, count) in self.steps { steps.put(number: Text("\(step)"), count) }
    var object = DocumentObject()
    object.put("versions", versions.json)
    object.put("steps", steps.json)
    return object.json
  }
}

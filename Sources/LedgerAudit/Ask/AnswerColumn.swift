// SPDX-License-Identifier: Apache-2.0

/// The columns of answers, by the names that stand in JSON and, part by part, above tables.
public enum AnswerColumn: String, CaseIterable, Sendable {
  /// A model or feature task.
  case subject = "subject"
  /// A version.
  case version = "version"
  /// Where a version is or was in production.
  case target = "target"
  /// What serves it.
  case engine = "engine"
  /// From when on.
  case since = "since"
  /// Who did it.
  case actor = "actor"
  /// A deployment.
  case deployment = "deployment"
  /// When a version was deployed.
  case deployed = "deployed"
  /// The approval that something rests on.
  case approval = "approval"
  /// When it was approved.
  case approved = "approved"
  /// Who approved it.
  case approver = "approver"
  /// The last day on which an approval is valid.
  case validUntil = "validUntil"
  /// The digest of a version's files.
  case artifactsDigest = "artifactsDigest"
  /// A job.
  case job = "job"
  /// What a job does.
  case kind = "kind"
  /// How far it has come.
  case status = "status"
  /// When it was created.
  case created = "created"
  /// When it ended.
  case ended = "ended"
  /// How its command ended: an exit code or a signal.
  case ending = "ending"
  /// What went wrong.
  case error = "error"
  /// When its runner was last known to live.
  case lastSeen = "lastSeen"
  /// What it left behind.
  case effectRemaining = "effectRemaining"
  /// Who asked for its end.
  case stoppedBy = "stoppedBy"
  /// Why that was asked for.
  case stopReason = "stopReason"
  /// The job that it repeats.
  case retryOf = "retryOf"
  /// The jobs that repeat it.
  case retriedBy = "retriedBy"
  /// Which try it is: 1 for the first.
  case attempt = "attempt"
  /// What set it off.
  case trigger = "trigger"
  /// The schedule whose tick it is.
  case schedule = "schedule"
  /// Who answers for it.
  case owner = "owner"
  /// When a tick was due.
  case nominalTime = "nominalTime"
  /// How many ticks were missed.
  case missed = "missed"
  /// When it was recorded.
  case time = "time"
  /// The stability index that is greatest, by its column.
  case psi = "psi"
  /// The stability index of the predictions.
  case predictionDrift = "predictionDrift"
  /// What each metric has gained since the approval.
  case performanceDrift = "performanceDrift"
  /// The threshold that was in force then.
  case threshold = "threshold"
  /// Whether it raised an alert.
  case alert = "alert"
  /// What is done about an alert.
  case answer = "answer"
  /// When an alert was answered.
  case answered = "answered"
  /// Who answered it.
  case answeredBy = "answeredBy"
  /// How long it waited.
  case delay = "delay"
  /// Why.
  case reason = "reason"
  /// Whether a change is substantial.
  case substantial = "substantial"
  /// The decision that followed.
  case decision = "decision"
  /// When it was taken out of production.
  case retired = "retired"
  /// The deployment that took its place.
  case replacedBy = "replacedBy"
  /// The version that took its place.
  case replacement = "replacement"
  /// The last outputs that were made with it.
  case lastPrediction = "lastPrediction"
  /// When those were made.
  case lastPredicted = "lastPredicted"
  /// How much depends on it.
  case tier = "tier"
  /// The last day for its next review.
  case reviewBy = "reviewBy"
  /// What was decided of it.
  case verdict = "verdict"
  /// When that was decided.
  case decided = "decided"
  /// Whether it was never in production.
  case neverDeployed = "neverDeployed"
  /// What happened.
  case what = "what"
  /// What it is about.
  case about = "about"
  /// On which ground.
  case basis = "basis"
  /// The events whose words it names, first and last.
  case ranges = "ranges"
  /// The digests of files.
  case files = "files"
  /// The fingerprint of the key that signed.
  case signedBy = "signedBy"
  /// Whether it is in force.
  case inForce = "inForce"
  /// A number of days.
  case days = "days"
  /// Which value changed.
  case field = "field"
  /// The value before.
  case before = "before"
  /// The value after.
  case after = "after"
  /// What was checked.
  case check = "check"
  /// The size where it begins.
  case from = "from"
  /// The size where it ends.
  case to = "to"
  /// The fingerprint of the key.
  case key = "key"
  /// The root of the tree.
  case root = "root"
  /// What came of it.
  case result = "result"
  /// A type of events.
  case event = "event"
  /// How many events.
  case events = "events"
  /// What is derived from them.
  case view = "view"
  /// How many of those.
  case entities = "entities"
  /// Whether the two agree.
  case agrees = "agrees"
  /// Name and version of a program.
  case tool = "tool"
  /// The version of what makes views of events.
  case reducer = "reducer"
  /// A format.
  case format = "format"
  /// When it is asked about.
  case moment = "moment"
  /// The name as signed.
  case printedName = "printedName"
  /// When it was signed.
  case signedAt = "signedAt"
  /// What a signature means.
  case meaning = "meaning"
  /// The digest of the statement that was signed.
  case covers = "covers"
  /// Whether it holds.
  case verified = "verified"
  /// A form of the record.
  case form = "form"
  /// Who reads it: people, programs.
  case readers = "readers"
  /// How many rows or records it has.
  case rows = "rows"
  /// A digest.
  case digest = "digest"
  /// Its name.
  case name = "name"
  /// The identifier of a ledger.
  case id = "id"
  /// Several versions.
  case versions = "versions"
  /// How many log lines.
  case lines = "lines"
  /// The first event.
  case first = "first"
  /// The last event.
  case last = "last"
  /// When the last was recorded.
  case until = "until"
  /// How many events' words were erased.
  case erased = "erased"
  /// How many events' words are gone though no erasure names them.
  case missing = "missing"
  /// How it was established who acted.
  case authentication = "authentication"
  /// The roles that somebody had then.
  case roles = "roles"
  /// For whom the system acted.
  case onBehalfOf = "onBehalfOf"
  /// The service that wrote it down for a remote person.
  case via = "via"
  /// What was done: the type of the event.
  case action = "action"
  /// How many, where rows are gathered.
  case count = "count"
  /// When it was recorded, beside when it happened.
  case recorded = "recorded"
  /// When it happened.
  case occurred = "occurred"
  /// How far apart the two are.
  case apart = "apart"
  /// What the clock read, where it was held.
  case clock = "clock"
  /// What was unusual about a decision when it was made.
  case exceptions = "exceptions"
  /// The evaluations or runs that a decision rests on.
  case evaluations = "evaluations"
  /// The digests of their data.
  case dataDigests = "dataDigests"
  /// Numbers with names.
  case metrics = "metrics"
  /// The size that a decider looked at.
  case seen = "seen"
  /// Whether the evidence was shown.
  case shown = "shown"
  /// Evaluations, alerts and substantial changes that came after a decision.
  case laterEvidence = "laterEvidence"
  /// Who had a version made.
  case trainer = "trainer"
  /// Whether approver and trainer are two persons: separate, claimed, same.
  case fromTrainer = "fromTrainer"
  /// Who deployed it.
  case deployer = "deployer"
  /// Whether approver and deployer are two persons: separate, claimed, same.
  case fromDeployer = "fromDeployer"
  /// What became of it.
  case outcome = "outcome"
  /// What happened to it afterwards.
  case followedBy = "followedBy"
  /// The later version that was approved.
  case supersededBy = "supersededBy"
  /// The version that it was made from.
  case parent = "parent"
  /// The commit of the project's folder.
  case commit = "commit"
  /// Whether the folder differed from it.
  case dirty = "dirty"
  /// The digest of the code.
  case codeDigest = "codeDigest"
  /// The digest of data, or of the list of them.
  case dataDigest = "dataDigest"
  /// The data by name.
  case data = "data"
  /// The digest of the description of the environment.
  case environmentDigest = "environmentDigest"
  /// What a job was told.
  case parameters = "parameters"
  /// Where a model comes from.
  case origin = "origin"
  /// How large they are together.
  case bytes = "bytes"
  /// Its name elsewhere.
  case externalId = "externalId"
  /// How an evaluation was done.
  case procedure = "procedure"
  /// Who answers for it.
  case responsible = "responsible"
  /// The digest of its report.
  case reportDigest = "reportDigest"

  /// Above a table: `validUntil` is `valid until`.
  public var heading: String {
    var words = ""
    for scalar in rawValue.unicodeScalars {
      if scalar.properties.isUppercase { words += " " }
      words += scalar.properties.lowercaseMapping
    }
    return words
  }
}

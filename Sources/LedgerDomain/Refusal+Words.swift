// SPDX-License-Identifier: Apache-2.0

extension Refusal {
  /// What was refused, on what, and why: one sentence without a full stop, for a person.
  public var summary: String {
    switch self {
    case .notAMember(let actor): "\(actor) is no member here"
    case .roleMissing(let actor, let roles):
      "\(actor) lacks the role that this needs (\(Refusal.either(roles.map(\.rawValue))))"
    case .authenticationTooWeak(let actor, let has, let needs):
      "\(actor) is known by \(has.rawValue) only, and this needs \(needs.rawValue) or better"
    case .claimsNotAllowed(let actor):
      "the name \(actor) was claimed, and the policy does not accept claimed names"
    case .reasonBlank: "this needs a reason with visible characters, and none was given"
    case .signatureRequired(let act):
      "the policy or the kind of login asks for a verified signature"
        + (act.map { " on what is \($0.rawValue)" } ?? "")
    case .keyNotGranted(let actor, let fingerprint):
      "the key \(fingerprint.string) that signed is not granted to \(actor) here"
    case .signatureInvalid(let why): "the signature cannot be accepted: \(why)"
    case .statementDiffers(let member):
      "the signed statement says another '\(member)' than what would be recorded"
    case .statementUntimely(let signedAt):
      "the statement was signed at \(signedAt), more than 15 minutes from now or before what it is "
        + "about last changed"
    case .projectNotFound(let name): "there is no project \(name)"
    case .projectExists(let name): "the project \(name) exists already"
    case .subjectNotFound(let id): "there is no model or feature task \(id)"
    case .subjectOfOtherKind(let id, let kind): "\(id) is a \(Refusal.words(kind))"
    case .versionNotFound(let id): "there is no version \(id)"
    case .versionNotBuilt(let id, let status):
      "\(id) has no artifacts: it is \(status.rawValue)"
    case .notEvaluated(let id, let kind):
      "\(id) has no completed \(kind == .model ? "evaluation" : "run"), and the policy asks for one"
    case .thresholdsNotMet(let id, let metrics):
      "\(id) misses the policy's threshold for \(metrics.map(\.string).joined(separator: ", "))"
    case .fourEyes(let id, let maker):
      "\(id) was made by \(maker), and another person must approve it"
    case .evidenceChanged(let id, let position):
      "the evidence for \(id) changed since it was looked at (event #\(position.value))"
    case .seenBeyondHead(let size):
      "the ledger does not have \(size.value) events yet, so nobody can have seen that size"
    case .notApproved(let id, let verdict):
      verdict == nil ? "\(id) was never decided on" : "the latest decision rejects \(id)"
    case .approvalExpired(let id, let date): "the approval of \(id) was valid until \(date)"
    case .approvalOfOtherArtifacts(let id):
      "the approval of \(id) is of other artifacts than it has now"
    case .targetOccupied(let target, let deployment):
      "the target \(target) is occupied by \(deployment)"
    case .targetReserved(let target, let job):
      "the target \(target) is reserved by \(job), which is about to deploy there"
    case .deploymentNotFound(let id): "there is no deployment \(id)"
    case .deploymentRetired(let id): "\(id) is retired"
    case .jobNotFound(let id): "there is no job \(id)"
    case .jobEnded(let id, let status): "\(id) has ended: it is \(status.rawValue)"
    case .jobRunning(let id): "\(id) is running already"
    case .jobNotRunning(let id, let status): "\(id) does not run: it is \(status.rawValue)"
    case .jobIdentifierTaken(let id): "the identifier \(id) is in use"
    case .memberNotFound(let id): "there is no member \(id)"
    case .lastAdmin(let id): "\(id) would no longer be let in to administer this ledger"
    case .notHeld(let scope): "there is no hold on \(scope.string)"
    case .held(let scope, let position):
      "a hold on \(scope.string) (event #\(position.value)) keeps it from being erased"
    case .retained(let until):
      "the policy's minimum retention keeps it until \(until)"
    case .inProduction(let id, let deployment):
      "\(id) is in production as \(deployment), and needs its files"
    case .scheduleNotFound(let id): "there is no schedule \(id)"
    case .scheduleExists(let id): "there is a schedule \(id) already, and it says something else"
    case .scheduleMoved(let id): "a tick of \(id) was recorded meanwhile"
    case .keyMoved: "the log, or the key that signs it, changed meanwhile"
    case .requestReused(let key):
      "the request key \(key.string) was used before, for something else"
    case .invalid(let why): why
    }
  }

  /// What to do next, naming commands; nil when there is nothing sensible to say.
  public var advice: String? {
    switch self {
    case .notAMember(let actor):
      "an admin can add them: jobledger member grant \(actor) --role ROLE"
    case .roleMissing(let actor, let roles):
      "an admin can grant it: "
        + "jobledger member grant \(actor) --role \((roles.first ?? .viewer).rawValue)"
    case .authenticationTooWeak(_, _, let needs): Refusal.login(needs)
    case .claimsNotAllowed:
      "leave out --as (and unset JOBLEDGER_ACTOR), or let an admin set claims: true "
        + "with jobledger policy set FILE.yaml --reason '…'"
    case .reasonBlank: "say why: --reason '…'"
    case .signatureRequired:
      "sign it: --sign KEY"
    case .keyNotGranted(let actor, _):
      "sign with a key of theirs, or let an admin grant it: "
        + "jobledger member grant \(actor) --role ROLE --key FILE"
    case .signatureInvalid: "sign anew: --sign KEY"
    case .statementDiffers, .statementUntimely: "look again, and sign anew: --sign KEY"
    case .projectNotFound, .projectExists:
      "see the projects: jobledger subjects; add one: jobledger project add PATH"
    case .subjectNotFound: "see what there is: jobledger subjects"
    case .subjectOfOtherKind(let id, let kind):
      kind == .feature ? "use the commands of jobledger feature for \(id)" : nil
    case .versionNotFound(let id): "see what there is: jobledger versions \(id.subject)"
    case .versionNotBuilt(let id, let status):
      status == .building
        ? "watch its job: jobledger jobs" : "make another: jobledger train \(id.subject)"
    case .notEvaluated(let id, .model): "evaluate it first: jobledger evaluate \(id)"
    case .notEvaluated(let id, .feature): "run it first: jobledger feature run \(id)"
    case .thresholdsNotMet(let id, _):
      "compare: jobledger show \(id) and jobledger policy show; train again, reject it, "
        + "or override with a reason"
    case .fourEyes: "ask another approver, who is neither its maker nor uses the same login"
    case .evidenceChanged(let id, _): "look again: jobledger show \(id), then decide anew"
    case .seenBeyondHead: "see the present size: jobledger status"
    case .notApproved(let id, let verdict):
      verdict == nil
        ? "have it decided: jobledger approve \(id) --reason '…'"
        : "read why: jobledger replay decisions; have it decided anew, or train another version"
    case .approvalExpired(let id, _), .approvalOfOtherArtifacts(let id):
      "have it decided anew: jobledger approve \(id) --reason '…'"
    case .targetOccupied(let target, let deployment):
      "replace it: jobledger deploy VERSION --target \(target) --replace --reason '…', "
        + "or retire it: jobledger retire \(deployment) --reason '…'"
    case .targetReserved(_, let job):
      "wait for it: jobledger logs \(job) -f, or stop it: jobledger stop \(job) --reason '…'"
    case .deploymentNotFound, .deploymentRetired: "see what there is: jobledger deployments"
    case .jobNotFound: "see what there is: jobledger jobs"
    case .jobEnded(let id, let status):
      status == .completed ? "see it: jobledger show \(id)" : "run it again: jobledger retry \(id)"
    case .jobRunning(let id): "follow it: jobledger logs \(id) -f"
    case .jobNotRunning(let id, _): "see it: jobledger show \(id)"
    case .jobIdentifierTaken: "try again"
    case .memberNotFound: "see who there is: jobledger member list"
    case .lastAdmin(let id):
      "let another admin do it; to make one: jobledger member grant NAME --role admin "
        + "(and then, as NAME, change \(id))"
    case .notHeld: "see what is held: jobledger hold list"
    case .held(let scope, _):
      "an auditor can let it go: jobledger hold release \(scope.string) --reason '…'"
    case .retained:
      "wait, or let an admin shorten retention: {minimumDays: N} with "
        + "jobledger policy set FILE.yaml --reason '…'"
    case .inProduction(_, let deployment):
      "retire it first: jobledger retire \(deployment) --reason '…'"
    case .scheduleNotFound: "see what there is: jobledger schedule list"
    case .scheduleExists(let id):
      "choose another name, or remove it first: jobledger schedule remove \(id) --reason '…'"
    case .scheduleMoved, .keyMoved: "try again"
    case .requestReused: "use another key for another command: --request KEY"
    case .invalid: nil
    }
  }

  private static func either(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  private static func words(_ kind: SubjectKind) -> String {
    kind == .model ? "model" : "feature task"
  }

  private static func login(_ needed: Authentication) -> String {
    switch needed {
    case .claimed, .os, .system: "act as your own login: leave out --as and unset JOBLEDGER_ACTOR"
    case .token: "act through the service with your token"
    case .ssh: "sign it: --sign KEY"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
public import LedgerCodec
public import LedgerDomain
import LedgerReading
import Transparency

/// A command's statement as somebody signed it, on its way into the log.
public struct SignedRequest: Equatable, Sendable {
  /// The bytes that were signed: a ``SignedStatement``.
  public var statement: [UInt8]
  /// The armored SSHSIG.
  public var signature: [UInt8]
  /// The salt of the words, whose digest is part of the statement.
  public var salt: Salt
  /// Gathers the members.
  public init(statement: [UInt8], signature: [UInt8], salt: Salt) {
    self.statement = statement
    self.signature = signature
    self.salt = salt
  }
}

/// What came of preparing a statement.
public enum StatementOutcome: Equatable, Sendable {
  /// These bytes are to be signed; the command to submit with the signature says what they are
  /// about, and the salt belongs to it.
  case prepared(statement: [UInt8], command: Command, salt: Salt)
  /// There is nothing to sign: the command is satisfied, or was answered under its request key.
  /// Submitting it without a signature tells.
  case settled
  /// A rule, or the state of the ledger, forbids it.
  case refused(Refusal)
  /// Something failed; nothing was written.
  case failed(StorageError)
}

extension Ledger {
  /// What there is to sign for a command: decided as if it were signed, and then forgotten.
  func prepare(
    _ submission: Submission, in appender: inout Appender, random: inout RandomSupply
  ) throws(StorageError) -> StatementOutcome {
    if let request = submission.request,
      try appender.earlier(mark(request), of: submission.command.actor.id) != nil
    {
      return .settled
    }
    let submission = try appender.refreshed(submission)
    var command = submission.command
    command.actor.authentication = .ssh
    command.signature = Signature(armored: "", signedAt: appender.time)
    let drafts: [Draft]
    do throws(Refusal) {
      drafts = try Decider.decide(
        command, given: &appender.views, in: circumstances(of: appender, random: &random))
    } catch {
      if let failure = appender.views.failure { throw failure }
      if !appender.stepsBack {
        try appender.record(error, of: submission.command, random: &random)
      }
      return .refused(error)
    }
    if let failure = appender.views.failure { throw failure }
    guard let draft = drafts.first(where: { $0.fact.signature != nil }) else { return .settled }
    let salt = Salt(words: (try random.nextBits(), try random.nextBits()))
    let statement: [UInt8]
    do throws(CodecError) {
      guard
        let object = try SignedRequest.statement(
          of: draft, salt: salt, origin: appender.views.ledger()?.origin ?? "",
          signedAt: appender.time)
      else { return .settled }
      statement = try CanonicalJSON.encode(.object(object))
    } catch {
      throw StorageError(.unencodable(error), "preparing a statement")
    }
    if let failure = appender.views.failure { throw failure }
    var pinned = submission.command
    if case .decide(var request) = pinned.intent, request.seen == nil,
      case .versionApproved(let fact) = draft.fact
    {
      request.signedSize = fact.evidence.seen
      pinned.intent = .decide(request)
    } else if case .decide(var request) = pinned.intent, request.seen == nil,
      case .versionRejected(let fact) = draft.fact
    {
      request.signedSize = fact.evidence.seen
      pinned.intent = .decide(request)
    }
    return .prepared(statement: statement, command: pinned, salt: salt)
  }
}

extension SignedRequest {
  /// The command with its actor known by key, where it comes with a signature of one of theirs.
  ///
  /// What the statement says is compared later, with what was decided: see `compare`.
  static func open(
    _ submission: Submission, given views: inout LiveViews
  ) throws(Refusal) -> Command {
    var command = submission.command
    command.signature = nil
    guard let signed = submission.signed else {
      guard command.actor.authentication == .ssh else { return command }
      throw .signatureInvalid("there is none")
    }
    let signature: SSHSignature
    do throws(SSHError) {
      signature = try SSHSignature(armored: signed.signature)
      try signature.verify(signed.statement)
    } catch {
      throw .signatureInvalid("\(error)")
    }
    let fingerprint = Text(signature.key.fingerprint)
    let person = command.actor.person
    guard command.actor.authentication != .system,
      let member = views.member(person),
      member.grants(in: command.intent.signedProject(given: &views))
        .contains(where: { $0.keyFingerprints.contains(fingerprint) })
    else { throw .keyNotGranted(person, fingerprint: fingerprint) }
    command.actor.authentication = .ssh
    command.signature = Signature(
      armored: Text(signature.armored), signedAt: SignedStatement.signedAt(of: try signed.object()))
    return command
  }

  /// Refuses a statement that says anything else than what was decided.
  func compare(
    with drafts: [Draft], at time: Timestamp, given views: inout LiveViews
  ) throws(Refusal) {
    // Nothing to record: the command was satisfied already.
    if drafts.isEmpty { return }
    let object = try object()
    guard let draft = drafts.first(where: { $0.fact.signature != nil }),
      let signedAt = draft.fact.signature?.signedAt
    else { throw .signatureInvalid("there is nothing here that is signed") }
    let expected: JSONObject?
    do throws(CodecError) {
      expected = try SignedRequest.statement(
        of: draft, salt: salt, origin: views.ledger()?.origin ?? "", signedAt: signedAt)
    } catch {
      throw .invalid("\(error)")
    }
    guard let expected else { throw .signatureInvalid("there is nothing here that is signed") }
    if let member = SignedStatement.difference(object, expected) {
      throw .statementDiffers(member: member)
    }
    // A hook acts between signing and recording, for as long as it takes.
    let begun = draft.job.flatMap { views.job($0) }?.created.time ?? time
    let changed = SignedRequest.lastChange(of: draft, given: &views)
    guard Signature.isTimely(signedAt, at: begun), changed.map({ $0 < signedAt }) ?? true else {
      throw .statementUntimely(signedAt: signedAt)
    }
  }

  /// When the thing that a statement is about was last changed by another of its kind: nobody can
  /// have known that who signed before. Decisions say what they saw, retirements happen once.
  private static func lastChange(
    of draft: Draft, given views: inout LiveViews
  ) -> Timestamp? {
    switch draft.fact {
    case .policySet: return views.policy().set?.time
    case .versionDeployed(let fact):
      guard let project = draft.project, let subject = draft.subject, let number = draft.number
      else { return nil }
      let id = VersionID(
        subject: SubjectID(project: project, name: subject.name), number: number)
      for earlier in (views.version(id)?.deployments ?? []).reversed() {
        if let deployment = views.deployment(earlier), deployment.target == fact.target {
          return deployment.until?.time ?? deployment.since.time
        }
      }
      return nil
    default: return nil
    }
  }

  private func object() throws(Refusal) -> JSONObject {
    guard let object = (try? CanonicalJSON.decode(statement))?.object,
      SignedStatement.signedAt(of: object) != nil
    else { throw .signatureInvalid("what was signed is no statement of this program") }
    return object
  }

  fileprivate static func statement(
    of draft: Draft, salt: Salt, origin: Text, signedAt: Timestamp
  ) throws(CodecError) -> JSONObject? {
    var text: Digest?
    if !draft.text.isEmpty {
      let disclosure = try Disclosure(salt: salt, values: draft.text).encode()
      text = Digest(MerkleTree.sha256(disclosure))
    }
    return SignedStatement.make(
      origin: origin, project: draft.project, subject: draft.subject, number: draft.number,
      fact: draft.fact, text: text, signedAt: signedAt)
  }
}

extension Intent {
  /// The project whose grants count for a signature of it.
  fileprivate func signedProject(given views: inout LiveViews) -> Name? {
    switch self {
    case .decide(let request): request.version.subject.project
    case .deploy(let request): request.version.subject.project
    case .retire(let request):
      views.deployment(request.deployment)?.version.subject.project
    case .erase(let request): request.items.first?.project
    default: nil
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerReading
import LedgerStorage

/// What everything about one job needs: the ledger, who acts, and how to run a command.
struct JobContext: Sendable {
  let ledger: Ledger
  var caller: CallerIdentity
  let identity: RunnerIdentity
  let options: JobRunner.Options
  let observer: JobObserver
  /// The variables that a command's environment is chosen from.
  var environment = JobEnvironment.ofCaller()
  /// Whether a job is run, queued, or taken from the queue.
  var mode = JobMode.run

  var directory: LedgerDirectory { ledger.directory }

  /// Reads from the ledger as it is now.
  func read<R>(_ body: (Snapshot) throws(ReadingError) -> R) throws(JobError) -> R {
    do throws(ReadingError) { return try ledger.reader.read(body) } catch {
      throw .reading(error)
    }
  }

  /// A job at the head.
  func state(of job: JobID) throws(JobError) -> Job? {
    try read { (snapshot) throws(ReadingError) in
      guard case .job(let state)? = try snapshot.entity(.job(job), asOf: snapshot.size) else {
        return nil
      }
      return state
    }
  }

  /// A version at the head, or the refusal that it does not exist.
  func state(of version: VersionID) throws(JobError) -> Version {
    let found = try read { (snapshot) throws(ReadingError) -> Version? in
      guard case .version(let state)? = try snapshot.entity(.version(version), asOf: snapshot.size)
      else { return nil }
      return state
    }
    guard let found else { throw .refused(.versionNotFound(version)) }
    return found
  }

  /// A deployment at the head, or the refusal that it does not exist.
  func state(ofDeployment id: DeploymentID) throws(JobError) -> Deployment {
    let found = try read { (snapshot) throws(ReadingError) -> Deployment? in
      guard
        case .deployment(let state)? = try snapshot.entity(.deployment(id), asOf: snapshot.size)
      else { return nil }
      return state
    }
    guard let found else { throw .refused(.deploymentNotFound(id)) }
    return found
  }

  /// Submits a command; returns the events and whether an earlier request had made them.
  func submit(
    _ intent: Intent, as actor: Actor, request: RequestContent? = nil,
    signed: SignedRequest? = nil
  ) throws(JobError) -> (events: [Event], isDuplicate: Bool) {
    let outcome = ledger.append(
      Submission(
        Command(actor: actor, intent: intent), request: request.map { ($0.key, $0.content) },
        signed: signed))
    switch outcome {
    case .accepted(let events): return (events, false)
    case .duplicate(let events): return (events, true)
    case .refused(let refusal): throw .refused(refusal)
    case .failed(let error): throw .storage(error)
    case .unknown(let error): throw .unknown(error)
    }
  }
}

/// A request key with the canonical JSON of what was asked.
public struct RequestContent: Equatable, Sendable {
  /// The caller's key.
  public var key: RequestKey
  /// The canonical JSON that the key is bound to.
  public var content: [UInt8]
  /// Pairs the two.
  public init(key: RequestKey, content: [UInt8]) {
    self.key = key
    self.content = content
  }
}

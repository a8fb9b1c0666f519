// SPDX-License-Identifier: Apache-2.0
import Glibc
public import LedgerDomain
import LedgerReading
public import LedgerStorage

/// Jobs whose runner died: nobody pretends that they finished.
public enum LostJobs {
  /// Records as lost each job that this machine ran and whose runner's lock can be taken, after
  /// ending what its command left behind; the jobs.
  ///
  /// Looks at the files of runners; `thorough` looks at every job of the ledger as well, for files
  /// that somebody removed. Errors: `JobError`; then the jobs before it are recorded.
  @discardableResult
  public static func sweep(
    _ ledger: Ledger, by caller: CallerIdentity, thorough: Bool = false
  ) throws(JobError) -> [JobID] {
    var lost: [JobID] = []
    for job in try candidates(ledger, thorough) {
      if try sweep(job, ledger, caller) { lost.append(job) }
    }
    return lost
  }

  private static func candidates(
    _ ledger: Ledger, _ thorough: Bool
  ) throws(JobError) -> [JobID] {
    var found: Set<JobID> = []
    if let listing = opendir(ledger.directory.runnersDirectory) {
      defer { closedir(listing) }
      while let item = readdir(listing) {
        let name = String(decoding: FolderWalk.name(item), as: UTF8.self)
        // The folder `train-7k2pqx.d` belongs to `train-7k2pqx`; a log is kept after the end.
        let stem = name.hasSuffix(".d") ? name.dropLast(2) : name[...]
        if let job = JobID(stem) { found.insert(job) }
      }
    }
    if thorough {
      do throws(ReadingError) {
        try ledger.reader.read { (snapshot) throws(ReadingError) in
          try snapshot.forEachEntity(of: .job, asOf: snapshot.size) {
            (entity) throws(ReadingError) in
            if case .job(let job) = entity, job.status == .running { found.insert(job.id) }
            return true
          }
        }
      } catch {
        throw .reading(error)
      }
    }
    return found.sorted()
  }

  /// Looks at one job; whether it was recorded as lost.
  private static func sweep(
    _ id: JobID, _ ledger: Ledger, _ caller: CallerIdentity
  ) throws(JobError) -> Bool {
    let directory = ledger.directory
    let lock: RunnerLock
    let record: RunnerRecord?
    do throws(DirectoryError) {
      guard try RunnerLock.canBeTaken(directory, id) else { return false }
      record = try RunnerLock.record(directory, id)
      lock = try RunnerLock(directory, id)
    } catch {
      if error.code == .busy { return false }
      throw JobError(directory: error, "looking for lost jobs")
    }
    // Read under the lock: whoever held it may have recorded the end just before letting go.
    guard let found = try read(id, ledger) else {
      // Its runner died, or was refused, before the job existed.
      try? lock.remove()
      return false
    }
    guard found.job.status == .running,
      found.isBeforeRestoration || isOfThisMachine(found.job.runner)
    else {
      if found.job.status.isFinal {
        JobWorkspace(directory, id).remove()
        try? lock.remove()
      } else {
        lock.release()
      }
      return false
    }
    let ending = JobEnding(
      lines: found.lines, lastSeen: found.lastSeen,
      effectRemaining: remaining(of: found.job, record))
    let outcome = ledger.append(
      Submission(
        Command(
          actor: caller.runner,
          intent: .endJob(EndJob(job: id, status: .lost, ending: ending)))))
    switch outcome {
    case .accepted, .duplicate: break
    case .refused(.jobEnded): return false
    case .refused(let refusal): throw .refused(refusal)
    case .failed(let error): throw .storage(error)
    case .unknown(let error): throw .unknown(error)
    }
    JobWorkspace(directory, id).remove()
    try? lock.remove()
    return true
  }

  private struct Found {
    var job: Job
    var lines: LineCounts?
    var lastSeen: Timestamp
    /// Whether it ran in the ledger that this one was restored from: no runner of it writes here.
    var isBeforeRestoration: Bool
  }

  /// The job, its lines, and the time of its last event.
  private static func read(_ id: JobID, _ ledger: Ledger) throws(JobError) -> Found? {
    do throws(ReadingError) {
      return try ledger.reader.read { (snapshot) throws(ReadingError) -> Found? in
        guard case .job(let job)? = try snapshot.entity(.job(id), asOf: snapshot.size) else {
          return nil
        }
        let log = try snapshot.logSummary(of: id, asOf: snapshot.size)
        var last = job.started?.position ?? job.created.position
        if let stop = job.stopRequested { last = max(last, stop.position) }
        if let log { last = max(last, log.last) }
        let started = job.started?.position ?? job.created.position
        var isRestored = false
        try snapshot.forEachPosition(of: .ledgerRestored, asOf: snapshot.size, from: started) {
          (_) throws(ReadingError) in
          isRestored = true
          return false
        }
        return Found(
          job: job, lines: log?.counts.lines ?? LineCounts(),
          lastSeen: try snapshot.event(at: last).time, isBeforeRestoration: isRestored)
      }
    } catch {
      throw .reading(error)
    }
  }

  /// A lock on a file says nothing about a runner elsewhere; containers of one host share its boot.
  private static func isOfThisMachine(_ runner: RunnerIdentity?) -> Bool {
    guard let runner else { return false }
    let here = Machine.current
    return runner.machine == Text(here.name) || runner.boot == Text(here.boot)
  }

  /// Ends what is left of a command, and tells what is known of what remains.
  ///
  /// The guard ends every descendant when its runner dies; here it is given the time, and the
  /// command's group is killed where the guard died too. Start and boot are compared before.
  private static func remaining(of job: Job, _ record: RunnerRecord?) -> EffectRemaining {
    // A hook may have acted outside by then.
    let isHook = job.kind == .deployment || job.kind == .retirement
    guard let record else { return .unknown }
    let here = Machine.current
    if record.boot != here.boot { return isHook ? .unknown : EffectRemaining.none }
    guard job.runner?.pidNamespace == here.pidNamespace else { return .unknown }
    func identity(_ process: RunnerRecord.Process) -> ProcessIdentity {
      ProcessIdentity(pid: process.pid, startTicks: process.startTicks, boot: record.boot)
    }
    let guardian = identity(record.guardProcess)
    var patience = Patience(.seconds(5))
    while guardian.isAlive, patience.wait() {}
    if guardian.isAlive { kill(guardian.pid, SIGKILL) }
    if let child = record.child.map(identity), child.isAlive {
      kill(-child.pid, SIGKILL)
      return isHook ? .unknown : .descendants
    }
    return isHook ? .unknown : EffectRemaining.none
  }
}

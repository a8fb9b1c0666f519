// SPDX-License-Identifier: Apache-2.0

/// What a job does.
public enum JobKind: String, CaseIterable, Sendable {
  /// Runs the user's training; success makes a version.
  case training = "training"
  /// Runs the user's evaluation of one version.
  case evaluation = "evaluation"
  /// Approves or rejects a version.
  case approval = "approval"
  /// Puts a version into production.
  case deployment = "deployment"
  /// Takes a deployment out of production.
  case retirement = "retirement"
  /// Takes in files made elsewhere.
  case `import` = "import"
  /// Validates a version and computes statistics of a data set.
  case statistics = "statistics"
  /// Batch scoring with a deployed version.
  case prediction = "prediction"
  /// Runs a feature task's files.
  case run = "run"
  /// Runs a deployed feature task.
  case batchRun = "batch-run"
  /// Records any command.
  case exec = "exec"

  /// All kinds, kept once because `allCases` builds an array at each use.
  static let all = JobKind.allCases

  /// Whether success makes the version whose number the job holds.
  public var makesVersion: Bool { self == .training || self == .import }

  /// The kinds of subject that such a job can be about.
  public var subjectKinds: Set<SubjectKind> {
    switch self {
    case .training, .evaluation, .statistics, .prediction: [.model]
    case .run, .batchRun: [.feature]
    case .import, .approval, .deployment, .retirement, .exec: [.model, .feature]
    }
  }

  /// What the identifiers of its jobs begin with.
  public var prefix: String {
    switch self {
    case .training: "train"
    case .evaluation: "eval"
    case .approval: "approve"
    case .deployment: "deploy"
    case .retirement: "retire"
    case .import: "import"
    case .statistics: "stats"
    case .prediction: "predict"
    case .run: "run"
    case .batchRun: "batch"
    case .exec: "exec"
    }
  }
}

/// The two kinds of subject.
public enum SubjectKind: String, CaseIterable, Sendable {
  /// A model.
  case model = "model"
  /// A feature-engineering task.
  case feature = "feature"
}

/// What set a job off.
public enum Trigger: String, CaseIterable, Sendable {
  /// A person at the command line.
  case manual = "manual"
  /// A schedule's tick.
  case cron = "cron"
  /// A person who ran a schedule out of turn.
  case runNow = "run-now"
  /// A request to the service.
  case api = "api"
}

/// Where a log line was read.
public enum LogStream: String, CaseIterable, Sendable {
  /// Standard output.
  case stdout = "stdout"
  /// Standard error.
  case stderr = "stderr"
}

/// How serious a log line is. Ordered: debug < info < warning < error.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
  /// Detail for developers.
  case debug = "debug"
  /// Ordinary progress.
  case info = "info"
  /// Something to look at.
  case warning = "warning"
  /// Something that went wrong.
  case error = "error"

  /// 0 for debug … 3 for error.
  public var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .warning: 2
    case .error: 3
    }
  }

  /// Orders by seriousness.
  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}

/// How a log line ended, where that was not a line feed.
public enum LineEnd: String, CaseIterable, Sendable {
  /// Carriage return and line feed.
  case crlf = "crlf"
  /// A lone carriage return (progress lines).
  case cr = "cr"
  /// Nothing: the stream or the part ended here.
  case none = "none"
}

/// What an approver had to be told was unusual.
public enum DecisionException: String, CaseIterable, Comparable, Sendable {
  /// Approved without a completed evaluation.
  case noEvaluation = "no-evaluation"
  /// The decider made the version.
  case selfApproval = "self-approval"
  /// The two persons differ only by a claimed name.
  case separationClaimed = "separation-claimed"
  /// A threshold of the policy was not met.
  case thresholdOverridden = "threshold-overridden"
  /// The evidence was not shown before deciding.
  case notShown = "not-shown"

  /// Orders by word, so that lists of exceptions have one form.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What was decided about a version.
public enum Verdict: String, CaseIterable, Sendable {
  /// It may be deployed.
  case approved = "approved"
  /// It may not.
  case rejected = "rejected"
}

/// How a deployed version is run.
public enum Engine: String, CaseIterable, Sendable {
  /// Scoring jobs over files.
  case batch = "batch"
  /// A service elsewhere.
  case service = "service"
  /// Inside another program.
  case embedded = "embedded"
}

/// What was done about an alert.
public enum AlertAction: String, CaseIterable, Sendable {
  /// Train again.
  case retrain = "retrain"
  /// Evaluate again.
  case reevaluate = "re-evaluate"
  /// Retire the deployment.
  case retire = "retire"
  /// Accept the drift.
  case accept = "accept"
  /// Look into it first.
  case investigate = "investigate"
}

/// What a member may do.
public enum Role: String, CaseIterable, Comparable, Sendable {
  /// Reads.
  case viewer = "viewer"
  /// Runs jobs and deploys.
  case `operator` = "operator"
  /// Decides about versions.
  case approver = "approver"
  /// Reads all and places holds.
  case auditor = "auditor"
  /// Grants and sets policy.
  case admin = "admin"

  /// Orders by word, so that lists of roles have one form.
  public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// How it was established who acts. Ordered by strength: claimed < os < token < ssh.
public enum Authentication: String, CaseIterable, Comparable, Sendable {
  /// A name the caller gave.
  case claimed = "claimed"
  /// The kernel's user of the calling process.
  case os = "os"
  /// A bearer token verified by the service.
  case token = "token"
  /// A decision signed by a member's key.
  case ssh = "ssh"
  /// The scheduler or runner itself.
  case system = "system"

  /// 0 for claimed … 3 for ssh; the system acts within the rights of whom it acts for.
  public var strength: Int {
    switch self {
    case .claimed: 0
    case .os: 1
    case .token: 2
    case .ssh: 3
    case .system: 1
    }
  }

  /// Orders by strength.
  public static func < (left: Self, right: Self) -> Bool { left.strength < right.strength }
}

/// On which ground text or artifacts were erased.
public enum ErasureBasis: String, CaseIterable, Sendable {
  /// GDPR Article 17.
  case gdpr17 = "gdpr-17"
  /// Consent withdrawn.
  case consent = "consent"
  /// A secret was recorded.
  case secret = "secret"
  /// Recorded by mistake.
  case mistake = "mistake"
  /// A legal order.
  case legal = "legal"
  /// Another ground, told in the reason.
  case other = "other"
}

/// What a schedule does about a tick it missed.
public enum MissedPolicy: String, CaseIterable, Sendable {
  /// Nothing but record it.
  case skip = "skip"
  /// Run once when possible.
  case once = "once"
}

/// How far a job has come.
public enum JobStatus: String, CaseIterable, Sendable {
  /// Recorded, not started.
  case created = "created"
  /// Its command runs.
  case running = "running"
  /// Ended as it should.
  case completed = "completed"
  /// Ended otherwise.
  case failed = "failed"
  /// Ended by request.
  case stopped = "stopped"
  /// Its runner died.
  case lost = "lost"

  /// Whether nothing more can happen to it.
  public var isFinal: Bool { self != .created && self != .running }
}

/// Where a version stands.
public enum VersionStatus: String, CaseIterable, Sendable {
  /// In production on at least one target.
  case deployed = "deployed"
  /// Was in production, is no more, and nothing was decided since.
  case retired = "retired"
  /// The latest decision rejects it.
  case rejected = "rejected"
  /// The latest decision approves it.
  case approved = "approved"
  /// Evaluated, not decided.
  case evaluated = "evaluated"
  /// Its artifacts exist.
  case built = "built"
  /// Its training or import failed, was stopped or lost.
  case failed = "failed"
  /// Its training or import is under way.
  case building = "building"
}

/// Whether a deployment is in production.
public enum DeploymentStatus: String, CaseIterable, Sendable {
  /// It is.
  case active = "active"
  /// It was.
  case retired = "retired"
}

// SPDX-License-Identifier: Apache-2.0
// LedgerAudit/Ask — what a reviewer must be able to ask, each question answered with the events it rests on.
// Reads: indexes for what to look at, views as of the size, each event held against the tree. Never: the clock.
// Invariant: the same scope, window and size give the same answer, but for what was erased since; a question
// that no event feeds is not answerable, never an empty answer.
// Start at: Inquiry.answer(_:). Tests: Ask/ in LedgerAuditTests, against a naive model.

internal import LedgerReading

/// A question of a reviewer, by its number.
public enum Question: Int, CaseIterable, Sendable {
  /// Which ledger, models, window and positions are covered; what is missing, erased, cut off?
  case scope = 1
  /// Which version of each model was in production, on which target and engine, since when?
  case inProduction = 2
  /// Who did each action: authenticated how, in what role, on whose behalf?
  case actors = 3
  /// When did it happen, when was it recorded, are the two apart?
  case times = 4
  /// What changed: value before and after, so the earlier state can be re-created.
  case changes = 5
  /// Why: the reason of every decision, stop, retirement, override, erasure; which have none?
  case reasons = 6
  /// What did the approver look at, as it stood then?
  case evidence = 7
  /// Was approval before deployment, for that artifact, and still valid?
  case approvalBeforeDeployment = 8
  /// Was the approver someone other than trainer and deployer? Every exception.
  case fourEyes = 9
  /// Every rejection, its reason, and what happened to that version next.
  case rejections = 10
  /// Code commit, parameters, data, environment and parent of every version.
  case provenance = 11
  /// Every import: origin, format, digest, who.
  case imports = 12
  /// Every evaluation: procedure, data, metrics, date, responsible person.
  case evaluations = 13
  /// What failed, was stopped, retried or lost, who stopped it, and what effect remained?
  case failures = 14
  /// Every batch run: by schedule or by hand, whose schedule, missed and doubled ticks?
  case batchRuns = 15
  /// Monitoring: drift against the threshold in force then, alerts, response and delay?
  case monitoring = 16
  /// Which changes were substantial, and who decided that?
  case substantialChanges = 17
  /// Retirement: when, who, why, replaced by what, last prediction?
  case retirements = 18
  /// Inventory: every version ever and its state now, never-deployed and overdue ones too?
  case inventory = 19
  /// Erasures and retention: what went, on which basis, by whom; holds?
  case erasures = 20
  /// Access: who changed roles or policy, who exported?
  case access = 21
  /// Integrity: verified from where to where, against which signed checkpoint?
  case integrity = 22
  /// Completeness: events by type against the views, rebuilt and found equal?
  case completeness = 23
  /// Reproducibility: what gives the same report again, byte for byte?
  case reproducibility = 24
  /// Signatures: name, time, meaning, and the digest each one covers?
  case signatures = 25
  /// Form: human-readable and machine-readable copies that agree?
  case form = 26

  /// The name by which it is asked.
  public var name: String {
    switch self {
    case .scope: "scope"
    case .inProduction: "in-production"
    case .actors: "actors"
    case .times: "times"
    case .changes: "changes"
    case .reasons: "reasons"
    case .evidence: "evidence"
    case .approvalBeforeDeployment: "approval-before-deployment"
    case .fourEyes: "four-eyes"
    case .rejections: "rejections"
    case .provenance: "provenance"
    case .imports: "imports"
    case .evaluations: "evaluations"
    case .failures: "failures"
    case .batchRuns: "batch-runs"
    case .monitoring: "monitoring"
    case .substantialChanges: "substantial-changes"
    case .retirements: "retirements"
    case .inventory: "inventory"
    case .erasures: "erasures"
    case .access: "access"
    case .integrity: "integrity"
    case .completeness: "completeness"
    case .reproducibility: "reproducibility"
    case .signatures: "signatures"
    case .form: "form"
    }
  }

  /// Finds a question by its number or its name; nil for anything else.
  public init?(_ written: String) {
    let found = Question.allCases.first { $0.name == written || String($0.rawValue) == written }
    guard let found else { return nil }
    self = found
  }

  var inquiry: any Answering.Type {
    switch self {
    case .scope: ScopeQuestion.self
    case .inProduction: InProductionQuestion.self
    case .actors: ActorsQuestion.self
    case .times: TimesQuestion.self
    case .changes: ChangesQuestion.self
    case .reasons: ReasonsQuestion.self
    case .evidence: EvidenceQuestion.self
    case .approvalBeforeDeployment: ApprovalBeforeDeploymentQuestion.self
    case .fourEyes: FourEyesQuestion.self
    case .rejections: RejectionsQuestion.self
    case .provenance: ProvenanceQuestion.self
    case .imports: ImportsQuestion.self
    case .evaluations: EvaluationsQuestion.self
    case .failures: FailuresQuestion.self
    case .batchRuns: BatchRunsQuestion.self
    case .monitoring: MonitoringQuestion.self
    case .substantialChanges: SubstantialChangesQuestion.self
    case .retirements: RetirementsQuestion.self
    case .inventory: InventoryQuestion.self
    case .erasures: ErasuresQuestion.self
    case .access: AccessQuestion.self
    case .integrity: IntegrityQuestion.self
    case .completeness: CompletenessQuestion.self
    case .reproducibility: ReproducibilityQuestion.self
    case .signatures: SignaturesQuestion.self
    case .form: FormQuestion.self
    }
  }
}

/// How a question is answered: the columns of its rows, and what fills them.
protocol Answering {
  /// The columns, in the order in which they are shown.
  static var columns: [AnswerColumn] { get }
  /// The types of events that feed it: without any of them in scope it is not answerable. Empty for
  /// what every ledger can tell.
  static var fedBy: [FactCode] { get }
  /// Adds rows and exceptions to an answer.
  static func answer(
    _ inquiry: inout Inquiry, into answer: inout Answer
  ) throws(ReadingError)
}

extension Answering {
  static var fedBy: [FactCode] { [] }
}

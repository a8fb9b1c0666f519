// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
public import LedgerDomain
import LedgerStorage

/// Anything that a runner can be asked for, as one value: to run it here or in another process.
public enum JobTask: Equatable, Sendable {
  /// ``JobRunner/train(_:_:)``
  case train(SubjectID, RunSettings)
  /// ``JobRunner/evaluate(_:_:)``
  case evaluate(VersionID, RunSettings)
  /// ``JobRunner/importFiles(_:)``
  case importFiles(ImportRequest)
  /// ``JobRunner/statistics(_:data:_:)``
  case statistics(VersionID, data: String, RunSettings)
  /// ``JobRunner/run(feature:_:)``
  case runFeature(VersionID, RunSettings)
  /// ``JobRunner/predict(_:_:)``
  case predict(DeploymentID, RunSettings)
  /// ``JobRunner/batchRun(_:_:)``
  case batchRun(DeploymentID, RunSettings)
  /// ``JobRunner/exec(_:)``
  case exec(ExecRequest)
  /// ``JobRunner/deploy(_:)``
  case deploy(DeployRequest)
  /// ``JobRunner/retire(_:)``
  case retire(RetireRequest)
  /// ``JobRunner/retry(_:_:)``
  case retry(JobID, RunSettings)
}

extension JobRunner {
  /// Does what a task asks for.
  public func run(_ task: JobTask) throws(JobError) -> JobReport {
    switch task {
    case .train(let model, let settings): try train(model, settings)
    case .evaluate(let version, let settings): try evaluate(version, settings)
    case .importFiles(let request): try importFiles(request)
    case .statistics(let version, let data, let settings):
      try statistics(version, data: data, settings)
    case .runFeature(let version, let settings): try run(feature: version, settings)
    case .predict(let deployment, let settings): try predict(deployment, settings)
    case .batchRun(let deployment, let settings): try batchRun(deployment, settings)
    case .exec(let request): try exec(request)
    case .deploy(let request): try deploy(request)
    case .retire(let request): try retire(request)
    case .retry(let job, let settings): try retry(job, settings)
    }
  }
}

/// A task on its way to another process of the same binary: an object with a member `task`. The
/// form may change with any version. Descriptors do not travel.
extension JobTask {
  var json: JSONValue {
    var object = JSONObject()
    switch self {
    case .train(let model, let settings):
      object["task"] = .string("train" as String)
      object.put(model)
      object["settings"] = settings.json
    case .evaluate(let version, let settings):
      object["task"] = .string("evaluate" as String)
      object.put(version)
      object["settings"] = settings.json
    case .importFiles(let request):
      object["task"] = .string("import" as String)
      object.put(request)
      object["settings"] = request.settings.json
    case .statistics(let version, let data, let settings):
      object["task"] = .string("statistics" as String)
      object.put(version)
      object["data"] = .string(data)
      object["settings"] = settings.json
    case .runFeature(let version, let settings):
      object["task"] = .string("run" as String)
      object.put(version)
      object["settings"] = settings.json
    case .predict(let deployment, let settings):
      object["task"] = .string("predict" as String)
      object["deployment"] = .string(deployment.string)
      object["settings"] = settings.json
    case .batchRun(let deployment, let settings):
      object["task"] = .string("batch-run" as String)
      object["deployment"] = .string(deployment.string)
      object["settings"] = settings.json
    case .exec(let request):
      object["task"] = .string("exec" as String)
      object["arguments"] = .array(request.arguments.map { .string($0) })
      object["folder"] = .string(request.folder)
      object["kind"] = .string(request.kind.rawValue)
      object["project"] = request.project.map { .string($0.string) }
      object["subject"] = request.subject.map { .string($0.name.string) }
      object["subjectKind"] = request.subject.map { .string($0.kind.rawValue) }
      object["number"] = request.number.map { .integer($0.value) }
      object["name"] = request.name.map { .string($0) }
      object["settings"] = request.settings.json
    case .deploy(let request):
      object["task"] = .string("deploy" as String)
      object.put(request.version)
      object["target"] = .string(request.target.string)
      object["engine"] = .string(request.engine.rawValue)
      object["replaces"] = .bool(request.replaces)
      object["signed"] = request.signed?.json
      object["reason"] = request.reason.map { .string($0) }
      object["withoutHook"] = .bool(request.withoutHook)
      object["settings"] = request.settings.json
    case .retire(let request):
      object["task"] = .string("retire" as String)
      object["deployment"] = .string(request.deployment.string)
      object["reason"] = .string(request.reason)
      object["signed"] = request.signed?.json
      object["withoutHook"] = .bool(request.withoutHook)
      object["settings"] = request.settings.json
    case .retry(let job, let settings):
      object["task"] = .string("retry" as String)
      object["job"] = .string(job.string)
      object["settings"] = settings.json
    }
    return .object(object)
  }

  /// Reads what `json` made; nil for anything else.
  init?(json: JSONValue) {
    guard let object = json.object, let settings = RunSettings(json: object["settings"]) else {
      return nil
    }
    switch object.word("task") {
    case "train":
      guard let model = object.subject else { return nil }
      self = .train(model, settings)
    case "evaluate":
      guard let version = object.version else { return nil }
      self = .evaluate(version, settings)
    case "import":
      guard let request = object.importRequest(settings) else { return nil }
      self = .importFiles(request)
    case "statistics":
      guard let version = object.version, let data = object.word("data") else { return nil }
      self = .statistics(version, data: data, settings)
    case "run":
      guard let version = object.version else { return nil }
      self = .runFeature(version, settings)
    case "predict":
      guard let id = object.word("deployment").flatMap({ JobID($0) }) else { return nil }
      self = .predict(id, settings)
    case "batch-run":
      guard let id = object.word("deployment").flatMap({ JobID($0) }) else { return nil }
      self = .batchRun(id, settings)
    case "exec":
      guard let arguments = object.words("arguments"), let folder = object.word("folder"),
        let kind = object.word("kind").flatMap({ JobKind(rawValue: $0) })
      else { return nil }
      var request = ExecRequest(
        arguments: arguments, folder: folder, kind: kind,
        project: object.word("project").flatMap { Name($0) }, number: object.number,
        name: object["name"]?.text, settings: settings)
      if let name = object.word("subject").flatMap({ Name($0) }),
        let kind = object.word("subjectKind").flatMap({ SubjectKind(rawValue: $0) })
      {
        request.subject = SubjectReference(kind: kind, name: name)
      }
      self = .exec(request)
    case "deploy":
      guard let version = object.version, let target = object.word("target").flatMap({ Name($0) }),
        let engine = object.word("engine").flatMap({ Engine(rawValue: $0) })
      else { return nil }
      self = .deploy(
        DeployRequest(
          version: version, target: target, engine: engine,
          replaces: object["replaces"] == .bool(true), reason: object["reason"]?.text,
          signed: SignedRequest(json: object["signed"]),
          withoutHook: object["withoutHook"] == .bool(true), settings: settings))
    case "retire":
      guard let id = object.word("deployment").flatMap({ JobID($0) }),
        let reason = object["reason"]?.text
      else { return nil }
      self = .retire(
        RetireRequest(
          deployment: id, reason: reason, signed: SignedRequest(json: object["signed"]),
          withoutHook: object["withoutHook"] == .bool(true), settings: settings))
    case "retry":
      guard let job = object.word("job").flatMap({ JobID($0) }) else { return nil }
      self = .retry(job, settings)
    default: return nil
    }
  }
}

extension SignedRequest {
  fileprivate var json: JSONValue {
    var object = JSONObject()
    object["statement"] = .string(Base64.standard.encode(statement))
    object["signature"] = .string(Base64.standard.encode(signature))
    object["salt"] = .array([.string("\(salt.words.0)"), .string("\(salt.words.1)")])
    return .object(object)
  }

  fileprivate init?(json: JSONValue?) {
    guard let object = json?.object,
      let statement = object.word("statement").flatMap({ Base64.standard.decode($0) }),
      let signature = object.word("signature").flatMap({ Base64.standard.decode($0) }),
      let words = object.words("salt"), words.count == 2, let high = UInt64(words[0]),
      let low = UInt64(words[1])
    else { return nil }
    self.init(statement: statement, signature: signature, salt: Salt(words: (high, low)))
  }
}

extension RunSettings {
  var json: JSONValue {
    var object = JSONObject()
    object["set"] = .array(set.map { .string($0) })
    object["secrets"] = .array(secrets.map { .string($0) })
    object["purpose"] = purpose.map { .string($0) }
    object["requestKey"] = request.map { .string($0.key.string) }
    object["requestContent"] = request.map { .string(Base64.standard.encode($0.content)) }
    object["allProgress"] = .bool(allProgress)
    object["trigger"] = .string(trigger.rawValue)
    object["schedule"] = schedule.map { .string($0.string) }
    return .object(object)
  }

  init?(json: JSONValue?) {
    guard let object = json?.object, let set = object.words("set"),
      let secrets = object.words("secrets"),
      let trigger = object.word("trigger").flatMap({ Trigger(rawValue: $0) })
    else { return nil }
    self.init(
      set: set, secrets: secrets, purpose: object["purpose"]?.text,
      allProgress: object["allProgress"] == .bool(true), trigger: trigger,
      schedule: object.word("schedule").flatMap { Name($0) })
    if let key = object.word("requestKey").flatMap({ RequestKey($0) }),
      let words = object.word("requestContent"),
      let content = Base64.standard.decode(words)
    {
      request = RequestContent(key: key, content: content)
    }
  }
}

extension JSONObject {
  func word(_ name: Text) -> String? { self[name]?.text?.string }

  fileprivate func words(_ name: Text) -> [String]? {
    self[name]?.array?.compactMap { $0.text?.string }
  }

  fileprivate var number: VersionNumber? {
    guard case .number(let value)? = self["number"] else { return nil }
    return UInt32(exactly: value).map { VersionNumber($0) }
  }

  fileprivate var subject: SubjectID? {
    guard let project = word("project").flatMap({ Name($0) }),
      let name = word("subject").flatMap({ Name($0) })
    else { return nil }
    return SubjectID(project: project, name: name)
  }

  var version: VersionID? {
    guard let subject, let number else { return nil }
    return VersionID(subject: subject, number: number)
  }

  fileprivate mutating func put(_ request: ImportRequest) {
    put(request.subject)
    self["kind"] = .string(request.kind.rawValue)
    self["files"] = .array(request.files.map { .string($0) })
    self["format"] = request.format.map { .string($0.string) }
    self["externalId"] = request.externalID.map { .string($0) }
    self["origin"] = request.origin.map { .string($0) }
    self["rationale"] = request.rationale.map { .string($0) }
    self["number"] = request.parent.map { .integer($0.value) }
    self["limit"] = .string(String(request.limitBytes))
  }

  fileprivate func importRequest(_ settings: RunSettings) -> ImportRequest? {
    guard let subject, let files = words("files"),
      let kind = word("kind").flatMap({ SubjectKind(rawValue: $0) }),
      let limit = word("limit").flatMap({ UInt64($0) })
    else { return nil }
    return ImportRequest(
      subject: subject, kind: kind, files: files, format: word("format").flatMap { Name($0) },
      externalID: self["externalId"]?.text, origin: self["origin"]?.text,
      rationale: self["rationale"]?.text, parent: number, limitBytes: limit, settings: settings)
  }

  fileprivate mutating func put(_ subject: SubjectID) {
    self["project"] = .string(subject.project.string)
    self["subject"] = .string(subject.name.string)
  }

  fileprivate mutating func put(_ version: VersionID) {
    put(version.subject)
    self["number"] = .integer(version.number.value)
  }
}

// SPDX-License-Identifier: Apache-2.0
import LedgerCodec
import LedgerDomain

/// A job before it exists: what will be recorded of it, and what its command needs.
struct PreparedJob {
  /// What is asked of the ledger.
  var create: CreateJob
  /// Program and arguments, as the command gets them.
  var arguments: [String]
  /// The folder that it runs in, absolute.
  var folder: String
  /// What the manifest passes on and sets.
  var variables = Manifest.Variables(pass: [], set: [:])
  /// The command's parameters.
  var parameters = JSONObject()
  /// Its inputs as they were digested, to be looked at again when the command has ended.
  var inputs = Inputs.none
  /// The column that each column of a prediction's outputs predicts.
  var predicts: [Text: Text] = [:]
  /// The digest of the inputs as one: that of the only one, or of their list.
  var dataDigest: Digest?
  /// The version whose artifacts the command gets a copy of.
  var model: Version?
  /// The target of the deployment that a retirement ends.
  var target: Name?
  /// What becomes of processes that the command leaves behind.
  var leftovers = Leftovers.end

  /// The variables of the job `id`, without our prefix.
  func variables(_ id: JobID, _ number: VersionNumber?, _ workspace: JobWorkspace) -> [String:
    String]
  {
    var variables = [
      "JOB": id.string, "OUTPUT": workspace.output, "METRICS": workspace.metrics,
      "PARAMETERS": workspace.parameters,
    ]
    if let subject = create.subject, let number {
      variables["VERSION"] = "\(subject.name)@\(number.value)"
    }
    if let target = create.fact.target ?? target { variables["TARGET"] = target.string }
    if let deployment = create.fact.deployment { variables["DEPLOYMENT"] = deployment.string }
    if create.fact.kind == .deployment { variables["DEPLOYMENT"] = id.string }
    if model != nil { variables["MODEL"] = workspace.model }
    return variables
  }
}

// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

/// The bytes that all leaves of one writer have before the rest: `{"actor":{…}`.
struct LogWriterBytes {
  let actor: Actor
  let bytes: [UInt8]

  init(_ actor: Actor) throws(CodecError) {
    self.actor = actor
    var writer = CanonicalWriter()
    try writer.beginObject()
    try writer.required(Wire.actor, actor)
    bytes = writer.release().array()
    // What remains of a leaf is far below the rest of the limit.
    if bytes.count > EventCodec.leafLimit - 2048 {
      throw CodecError(
        offset: bytes.count, reason: .tooLarge(bytes: bytes.count, limit: EventCodec.leafLimit))
    }
  }
}

/// The bytes that all leaves of one job have behind their data and behind their position.
struct LogJobBytes {
  let job: JobID
  let project: Name?
  /// `,"job":"train-7k2pqx"`
  let jobBytes: [UInt8]
  /// `,"project":"churn"`, or nothing.
  let projectBytes: [UInt8]

  init(job: JobID, project: Name?) throws(CodecError) {
    self.job = job
    self.project = project
    var buffer = ByteBuffer()
    buffer.append(",\"")
    buffer.append(Wire.job)
    buffer.append("\":")
    buffer.appendString(job.string)
    jobBytes = buffer.array()
    buffer.removeAll()
    if let project {
      buffer.append(",\"")
      buffer.append(Wire.project)
      buffer.append("\":")
      buffer.appendString(project.string)
    }
    projectBytes = buffer.array()
    if jobBytes.count + projectBytes.count > 1024 {
      throw CodecError(offset: 0, reason: .inconsistent("a job or project has no valid name"))
    }
  }
}

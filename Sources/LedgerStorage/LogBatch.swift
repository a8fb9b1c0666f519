// SPDX-License-Identifier: Apache-2.0
public import LedgerDomain

/// Lines of one running job on their way into the log, in the order read.
public struct LogBatch: Sendable {
  /// One line or part of a line.
  public struct Line: Hashable, Sendable {
    /// What is known of it beside its words.
    public var fact: LogLine
    /// Where its bytes begin in the batch's bytes.
    public var offset: Int
    /// How many bytes it has, without the end of line.
    public var count: Int
    /// When it was read.
    public var read: Timestamp?
    /// Gathers the members.
    public init(fact: LogLine, offset: Int, count: Int, read: Timestamp? = nil) {
      self.fact = fact
      self.offset = offset
      self.count = count
      self.read = read
    }
  }
  /// The job.
  public var job: JobID
  /// Who writes: the runner, for whoever created the job.
  public var actor: Actor
  /// The lines.
  public var lines: [Line]
  /// Their bytes as read. A line with `isBase64` has raw bytes here; all others are UTF-8.
  public var bytes: [UInt8]
  /// Gathers the members.
  public init(job: JobID, actor: Actor, lines: [Line] = [], bytes: [UInt8] = []) {
    self.job = job
    self.actor = actor
    self.lines = lines
    self.bytes = bytes
  }

  /// Whether it has lines and each lies within the bytes.
  var isSound: Bool {
    !lines.isEmpty
      && lines.allSatisfy { line in
        line.offset >= 0 && line.count >= 0 && line.count <= bytes.count
          && line.offset <= bytes.count - line.count
      }
  }
}

extension Ledger.Work {
  /// About how many bytes it adds to the log.
  var bytes: Int {
    switch self {
    case .command: 2048
    case .log(let batch): batch.bytes.count + batch.lines.count * 400
    case .checkpoint, .statement, .scrub: 0
    case .rotation: 2048
    }
  }
}

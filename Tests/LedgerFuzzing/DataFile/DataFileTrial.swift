// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import LedgerTestSupport
import Transparency

/// Has one file after the other read by a process that may die of it, and judges what came of it.
public final class DataFileTrial {
  /// What became of one file.
  public enum Verdict: Hashable, Sendable {
    /// Nothing was found, and everything is read as it was.
    case harmless
    /// Something was found, or the ledger was refused: the code.
    case told(String)
    /// Whoever verified it died by this signal, which the parent tells.
    case died(Int32)
    /// A promise was broken, for a reason that must not be one.
    case broken(String)
  }

  /// How long one file may take before it counts as hanging, in seconds.
  public static let patience: Int32 = 30

  private let sample: DataFileSample
  private let executable: String
  private let arguments: [String]
  private let expected: MerkleHash
  private let file: String
  private var child: pid_t = 0
  private var asking: Int32 = -1
  private var answering: Int32 = -1
  private var pending: [UInt8] = []

  /// Starts nothing yet. `arguments` make the executable call ``DataFileTrial/answer(_:verifying:)``.
  public init(_ sample: DataFileSample, executable: String, arguments: [String]) throws {
    self.sample = sample
    self.executable = executable
    self.arguments = arguments
    file = DataFileSample.dataFile(of: sample.path)
    expected = try DataFileReading.content(of: sample.path)
  }

  deinit { end() }

  /// Puts the bytes in place of the data file, and has them verified and read.
  public func judge(_ bytes: [UInt8]) -> Verdict {
    guard write(bytes), begin() else { return .broken("cannot start: errno \(errno)") }
    var line: [UInt8] = [0x0A]
    guard Glibc.write(asking, &line, 1) == 1 else { return afterDeath(passed: false) }
    var hasPassed = false
    while true {
      switch nextLine() {
      case .line(let words):
        if words == "reading" {
          hasPassed = true
        } else if words.hasPrefix("told ") {
          return .told(String(words.dropFirst(5)))
        } else if words == "passed \(expected)" {
          return .harmless
        } else if words.hasPrefix("passed ") {
          return .broken("silent: nothing was found, and something else is read")
        } else {
          return .broken("nothing was found, and then: \(words)")
        }
      case .end: return afterDeath(passed: hasPassed)
      case .late:
        kill(child, SIGKILL)
        _ = afterDeath(passed: hasPassed)
        return .broken("it did not end within \(DataFileTrial.patience) s")
      }
    }
  }

  /// Ends the process that reads.
  public func end() {
    guard child > 0 else { return }
    close(asking)
    kill(child, SIGKILL)
    _ = reap()
  }

  // MARK: The process that reads

  /// What it does: for each line on standard input it judges the ledger and answers.
  public static func answer(_ path: String, verifying: Bool) {
    var limit = rlimit(rlim_cur: 0, rlim_max: 0)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
    while readLine() != nil {
      switch DataFileReading.judge(path, verifying: verifying, onPassed: { say("reading") }) {
      case .told(let code): say("told \(code)")
      case .passed(let digest): say("passed \(digest)")
      case .unreadable(let why): say("unreadable: \(why)")
      }
    }
  }

  private static func say(_ words: String) {
    let line = words.utf8.map { $0 == 0x0A ? 0x20 : $0 } + [0x0A]
    guard Glibc.write(1, line, line.count) == line.count else { exit(74) }
  }

  private func begin() -> Bool {
    if child > 0 { return true }
    var questions: [Int32] = [-1, -1]
    var answers: [Int32] = [-1, -1]
    guard clinux_pipe(&questions) == 0, clinux_pipe(&answers) == 0 else { return false }
    let words = copies([executable] + arguments)
    let environment = copies(["SWIFT_BACKTRACE=enable=no", "LC_ALL=C"])
    let status = clinux_spawn(
      &child, executable, words, environment, nil, [questions[0], answers[1], -1], 3, 0)
    for word in words + environment { free(word) }
    close(questions[0])
    close(answers[1])
    asking = questions[1]
    answering = answers[0]
    pending = []
    errno = status
    return status == 0
  }

  private enum Line {
    case line(String)
    case end
    case late
  }

  private func nextLine() -> Line {
    while true {
      if let end = pending.firstIndex(of: 0x0A) {
        defer { pending.removeSubrange(...end) }
        return .line(String(decoding: pending[..<end], as: UTF8.self))
      }
      var ready = pollfd(fd: answering, events: Int16(POLLIN), revents: 0)
      let count = poll(&ready, 1, DataFileTrial.patience * 1000)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .late }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let length = read(answering, &buffer, buffer.count)
      if length < 0, errno == EINTR { continue }
      guard length > 0 else { return .end }
      pending += buffer[..<length]
    }
  }

  private func reap() -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    close(answering)
    child = 0
    return status
  }

  private func afterDeath(passed: Bool) -> Verdict {
    close(asking)
    let status = reap()
    let signal = status & 0x7F
    if passed { return .broken("nothing was found, and reading it then died (\(signal))") }
    switch signal {
    // What a page that is none makes liblmdb do; SIGABRT are its own assertions.
    case SIGSEGV, SIGBUS, SIGFPE, SIGABRT: return .died(signal)
    case 0: return .broken("the reader ended with \(status >> 8 & 0xFF)")
    // How Swift ends a process that broke a promise.
    default: return .broken("the reader trapped (signal \(signal))")
    }
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    let descriptor = open(file, O_WRONLY | O_TRUNC | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
  }
}

/// Strings of C, with nil behind the last.
private func copies(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] {
  strings.map { strdup($0) } + [nil]
}

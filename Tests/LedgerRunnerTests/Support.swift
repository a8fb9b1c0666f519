// SPDX-License-Identifier: Apache-2.0
// LedgerRunnerTests — runs real commands under real guards, and feeds captures by hand.
// The guard is the built `jobledger` beside the test bundle. No network; every folder is the
// test's own; nothing is left running.
import Glibc
import LedgerDomain
import LedgerStorage

@testable import LedgerRunner

/// A folder that goes with its last reference.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/jobledger-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw SystemFailure(operation: "make a temporary folder", code: errno)
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    // A process that was killed may not be gone yet, and still make a file.
    for _ in 0..<250 {
      removeTree(path)
      if access(path, F_OK) != 0 { return }
      usleep(20_000)
    }
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  @discardableResult
  func write(_ name: String, _ content: String, mode: mode_t = 0o600) throws -> String {
    try write(name, Array(content.utf8), mode: mode)
  }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws -> String {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/\(part)"
      mkdir(folder, 0o700)
    }
    let descriptor = open(file(name), O_CREAT | O_TRUNC | O_WRONLY, mode)
    guard descriptor >= 0 else {
      throw SystemFailure(operation: "write a test file", code: errno)
    }
    defer { close(descriptor) }
    var sent = 0
    while sent < bytes.count {
      sent += bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + sent, $0.count - sent)
      }
    }
    fchmod(descriptor, mode)
    return file(name)
  }
}

private func removeTree(_ path: String) {
  if unlink(path) == 0 { return }
  chmod(path, 0o700)
  if let directory = opendir(path) {
    while let item = readdir(directory) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { removeTree("\(path)/\(name)") }
    }
    closedir(directory)
  }
  rmdir(path)
}

/// Where the binaries of this build are: the folder of the test bundle that is loaded here.
let binaries: String = {
  let maps = SmallFile.read("/proc/self/maps", atMost: 4 * 1024 * 1024) ?? []
  for line in maps.split(separator: 10) {
    let text = String(decoding: line, as: UTF8.self)
    guard text.hasSuffix(".xctest"), let start = text.firstIndex(of: "/"),
      let end = text.lastIndex(of: "/")
    else { continue }
    return String(text[start..<end])
  }
  return "."
}()

let launcher = GuardLauncher(executable: "\(binaries)/jobledger")

/// A plan that runs a shell script in a folder.
func script(
  _ text: String, in folder: String = "/tmp", leftovers: Leftovers = .end,
  patience: Duration = .seconds(30)
) -> CommandPlan {
  CommandPlan(
    arguments: ["/bin/sh", "-c", text], folder: folder,
    environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], leftovers: leftovers,
    patience: patience)
}

/// A running command whose output the test takes line by line.
struct Run {
  let command: RunningCommand
  private var waiting: [Captured] = []

  init(_ plan: CommandPlan, _ options: Capture.Options = Capture.Options()) throws {
    command = try RunningCommand.start(plan, launcher: launcher, capturing: options)
  }

  /// Waits for one line on standard output.
  mutating func line() -> String? {
    while true {
      if let index = waiting.firstIndex(where: { $0.line?.stream == .stdout }) {
        return text(waiting.remove(at: index).message)
      }
      guard let batch = command.capture.nextBatch() else { return nil }
      waiting += Captured.all(batch)
    }
  }

  /// Everything still to come, as the original bytes of each stream, and the result.
  mutating func finish() -> (stdout: [UInt8], stderr: [UInt8], result: CommandResult) {
    while let batch = command.capture.nextBatch() { waiting += Captured.all(batch) }
    return (
      Captured.original(waiting, .stdout), Captured.original(waiting, .stderr), command.wait()
    )
  }
}

/// One captured record with its own bytes.
struct Captured: Equatable {
  var line: LogLine?
  var progress: Progress?
  var message: [UInt8]

  /// The lines, then the signs of progress.
  static func all(_ batch: CapturedBatch) -> [Captured] {
    batch.lines.map { line in
      Captured(line: line.fact, progress: nil, message: Array(batch.message(line)))
    }
      + batch.progress.map { progress in
        Captured(line: nil, progress: progress.progress, message: Array(progress.unit.string.utf8))
      }
  }

  /// The bytes that a stream had, from messages and ends.
  static func original(_ records: [Captured], _ stream: LogStream) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in records {
      guard let line = record.line, line.stream == stream else { continue }
      bytes += record.message
      switch line.end {
      case nil: bytes.append(10)
      case .crlf: bytes += [13, 10]
      case .cr: bytes.append(13)
      case .some(.none): break
      }
    }
    return bytes
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

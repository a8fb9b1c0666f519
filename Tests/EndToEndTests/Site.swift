// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerTestSupport
import Testing

/// A folder with a ledger `L` and a project of its own, in which command lines are run against the
/// built binaries. Nothing of it is left when the last reference goes, processes included.
final class Site {
  let folder = TemporaryFolder()
  private let environment: [String]
  private var runs = 0

  /// What a command line came to.
  struct Run {
    var exit: Int32
    var out: [UInt8]
    var err: [UInt8]
    /// Standard output and error as text.
    var text: String { String(decoding: out, as: UTF8.self) }
    var words: String { String(decoding: err, as: UTF8.self) }
  }

  /// Functions that every script may use. `poll` waits for a condition, for a minute at most.
  private static let prelude = """
    poll() { n=0; until eval "$1"; do n=$((n+1)); [ $n -lt 1200 ] || { echo "never: $1" >&2
      exit 99; }; sleep 0.05; done; }
    size() { jobledger events --json | wc -l; }
    types() { jobledger events --json | sed 's/.*"type":"\\([a-z_.]*\\)".*/\\1/'; }
    job() { jobledger jobs --json | sed -n 's/.*"job":"\\([a-z0-9-]*\\)".*/\\1/p' | tail -1; }
    state() { jobledger show --json "$1" | sed 's/.*"status":"\\([a-z]*\\)".*/\\1/'; }

    """

  init(ledger: Bool = true) {
    environment = [
      "PATH=\(Site.binaries):/usr/local/bin:/usr/bin:/bin", "HOME=\(folder.path)", "TZ=UTC",
      "LC_ALL=C.UTF-8", "JOBLEDGER_DIR=\(folder.path)/L", "SITE=\(folder.path)",
      // The interpreter with the packages of the independent implementations.
      "PYTHON=\(getenv("JOBLEDGER_TEST_PYTHON").map { String(cString: $0) } ?? "python3")",
      "FIXTURES=\(Fixture.path("."))",
    ]
    write("", to: "data.csv")
    write(
      """
      project: p
      env: {pass: [SITE]}
      models:
        m:
          train: {run: [sh, train.sh], inputs: {data: data.csv}}
          evaluate: {run: [sh, evaluate.sh], inputs: {data: data.csv}}
      """, to: "jobledger.yaml")
    write("echo trained; echo weights > \"$JOBLEDGER_OUTPUT/model\"\n", to: "train.sh")
    write("echo '{\"accuracy\": 0.9}' > \"$JOBLEDGER_METRICS\"\n", to: "evaluate.sh")
    if ledger {
      let made = run("jobledger init --origin test.example/site && jobledger project add .")
      #expect(made.exit == 0, "\(made.words)")
    }
  }

  deinit {
    // Whatever a failed test left running is found by the folder in its environment.
    for _ in 0..<250 {
      let running = processes()
      if running.isEmpty { return }
      for pid in running { kill(pid, SIGKILL) }
      usleep(20_000)
    }
  }

  func write(_ text: String, to name: String) { write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) {
    TemporaryFolder.write(bytes, to: folder.file(name))
  }

  /// Runs a script to its end; one that hangs ends with 124.
  func run(_ script: String) -> Run {
    runs += 1
    let (out, err) = (folder.file("out.\(runs)"), folder.file("err.\(runs)"))
    let pid = spawn(
      ["timeout", "--kill-after=5", "150", "sh", "-c", Site.prelude + script], out, err)
    let exit = Site.wait(pid)
    defer {
      unlink(out)
      unlink(err)
    }
    return Run(
      exit: exit, out: TemporaryFolder.read(out) ?? [], err: TemporaryFolder.read(err) ?? [])
  }

  /// Starts one program in the foreground of nothing, with its default signals; 0 when it cannot.
  func start(_ arguments: String...) -> pid_t {
    spawn(arguments, folder.file("started.out"), folder.file("started.err"))
  }

  /// Waits for a process of `start` and returns its exit code, as a shell would tell it.
  static func wait(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 { if errno != EINTR { return -1 } }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
  }

  /// The events' types from a size on.
  func types(from size: Int = 0) -> [String] {
    run("types | tail -n +\(size + 1)").text.split(separator: "\n").map { String($0) }
  }

  /// How many events the ledger has.
  var size: Int { types().count }

  /// Expects that the ledger is whole.
  func verify(_ location: SourceLocation = #_sourceLocation) {
    let run = run("jobledger replay verify")
    #expect(run.exit == 0, "\(run.text)\(run.words)", sourceLocation: location)
  }

  /// The processes that run for this site, by the folder in their environment or working folder.
  func processes() -> [pid_t] {
    let wanted = Array(folder.path.utf8)
    return TemporaryFolder.names(in: "/proc").compactMap { pid_t($0) }.filter { pid in
      guard pid != getpid(), let bytes = TemporaryFolder.read("/proc/\(pid)/environ") else {
        return false
      }
      return bytes.holds(wanted)
    }
  }

  /// Expects that no process of this site is left, soon.
  func expectNoProcess(_ location: SourceLocation = #_sourceLocation) {
    for _ in 0..<600 {
      if processes().isEmpty { return }
      usleep(50_000)
    }
    #expect(processes() == [], sourceLocation: location)
  }

  private func spawn(_ arguments: [String], _ out: String, _ err: String) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var pid: pid_t = 0
    let words =
      (["env", "-C", folder.path] + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    let status = withPlainSignals {
      posix_spawn(&pid, "/usr/bin/env", &actions, $0, words, variables)
    }
    #expect(status == 0)
    return pid
  }

  /// The folder of the built binaries, above that of the test bundle or beside it.
  private static let binaries: String = {
    let link = realpath("/proc/self/exe", nil)
    defer { free(link) }
    var folder = link.map { String(cString: $0) } ?? ""
    // Where a runner outside the build folder loads the tests, the map names the bundle.
    let maps = String(decoding: TemporaryFolder.read("/proc/self/maps") ?? [], as: UTF8.self)
    let candidates =
      [folder]
      + maps.split(separator: "\n").compactMap { line in
        line.firstIndex(of: "/").map { String(line[$0...]) }
      }
    for candidate in candidates where candidate.utf8.contains(UInt8(ascii: "/")) {
      folder = candidate
      while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
        folder = String(folder[..<slash])
        if access(folder + "/jobledger", X_OK) == 0 { return folder }
      }
    }
    return "/nonexistent"
  }()
}

extension [UInt8] {
  /// Whether these bytes occur somewhere.
  func holds(_ wanted: [UInt8]) -> Bool {
    guard let first = wanted.first, count >= wanted.count else { return wanted.isEmpty }
    return withUnsafeBufferPointer { bytes in
      (0...(bytes.count - wanted.count)).contains { at in
        bytes[at] == first && bytes[at..<(at + wanted.count)].elementsEqual(wanted)
      }
    }
  }
}

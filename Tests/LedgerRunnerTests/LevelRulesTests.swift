// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import Testing

@testable import LedgerRunner

@Suite struct LevelRulesTests {
  static let errors = [
    "ERROR something broke", "ERROR: something broke", "ERROR:root:division by zero",
    "2026-11-21 08:00:00,123 - trainer.loop - ERROR - loss is NaN",
    "2026-11-21 08:00:00,123 trainer.loop ERROR loss is NaN",
    "2026-11-21 08:00:00,123 ERROR trainer.loop: loss is NaN",
    "2026-11-21 08:00:00,123 4711 ERROR trainer.loop: loss is NaN",
    "[2026-11-21 08:00:00,123][__main__][ERROR] - loss is NaN",
    "[2026-11-21 08:00:00,123] ERROR in app: Exception on /predict [POST]",
    "[2026-11-21 08:00:00 +0000] [7] [ERROR] Worker timeout",
    "2026-11-21 08:00:00.123 | ERROR    | trainer:fit:12 - loss is NaN",
    "2026-11-21T08:00:00.123Z ERROR trainer::fit: loss is NaN",
    "26/11/21 08:00:00 ERROR SparkContext: Error initializing SparkContext.",
    "2026-11-21 08:00:00.123 ERROR 1 --- [main] o.s.b.SpringApplication : failed",
    "[ERROR] [1732176000] node died", "[error] no such table", "[ ERROR ] padded",
    "(ERROR) in parentheses", "<error> in angles", "[ERROR/MainProcess] worker died",
    "[Sat Nov 21 08:00:00.000000 2026] [core:error] [pid 7] AH00111: bad",
    "[08:00:00] ERROR: /src/learner.cc:7: check failed",
    "[LightGBM] [Fatal] Cannot open data file", "CRITICAL:root:disk full",
    "FATAL: password authentication failed", "SEVERE: cannot bind", "fatal: not a git repository",
    "error: could not compile `x`", "error: 2 files could not be read",
    "train.cpp:12:5: error: expected ';' before '}'", "train.cpp:1:10: fatal error: x.h: No such",
    "usage.py: error: the following arguments are required: --data", "ld: fatal: file missing",
    "make: *** [Makefile:7: all] Error 1", "make[2]: *** [all] Error 2",
    "E0101 12:34:56.123456 4711 device.cc:10] cannot open", "F1121 08:00:00.000001 7 x.cc:1] die",
    "2026-11-21 08:00:00.123456: E tensorflow/stream_executor/cuda.cc:7] no device",
    "[E 2026-11-21 08:00:00.123 ServerApp] 500", "[E1121 08:00:00.1 init.cpp:7] bad",
    "[E socket.cpp:957] connection refused", "npm ERR! code E404",
    #"{"level":"error","msg":"x"}"#, #"{"msg":"a \" b","nested":{"level":"info"},"level":"fatal"}"#,
    #"{"time":"t","severity":"CRITICAL","message":"m"}"#, #"{"level":50,"msg":"pino"}"#,
    #"{"level":3,"short_message":"gelf"}"#, #"{"levelno": 40, "message": "python"}"#,
    #"{"severityNumber": 17, "body": "otel"}"#, #"  {"levelname": "ERROR", "a": [1, {"b": "}"}]}"#,
    "time=\"2026-11-21T08:00:00Z\" level=error msg=\"x\"", "ts=1 lvl=err msg=x", "level: error",
    "severity=\"CRITICAL\" x",
    "ValueError: could not convert string to float: 'x'", "KeyError: 'target'",
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
    "java.lang.IllegalStateException: broken", "java.lang.NullPointerException",
    "worker 3: RuntimeError: broken", "TypeError: Cannot read properties of undefined",
    "Exception in thread \"main\" java.lang.RuntimeException: boom",
    "Caused by: java.io.IOException: gone", "\tat com.example.Main.run(Main.java:7)",
    "Traceback (most recent call last):", "Error in f(x) : object 'y' not found",
    "Error: object 'y' not found", "Error while reading data/train.csv", "Error in the pipeline",
    "Execution halted", "panic: runtime error: index out of range [5] with length 3",
    "thread 'main' panicked at src/main.rs:2:5:", "terminate called after throwing an instance",
    "Segmentation fault (core dumped)", "Fatal Python error: Segmentation fault",
    "ERROR: LoadError: UndefVarError", "\u{1B}[31mERROR\u{1B}[0m something",
    "\u{1B}[1;31m[error]\u{1B}[0m something", "[18:00:00 ERR] serilog", "[ERR] x",
    "  ERROR indented",
    "2026-11-21 08:00:00,123 - ERROR", "ERROR", "pool-1-thread-2] ERROR c.e.Main - x",
    "prog[12]: ERROR: x", "10:00:00,ERROR,csv log",
  ]

  static let warnings = [
    "WARNING:root:low memory", "WARN something", "[warn] deprecated", "[Warning] x", "[WARN ] x",
    "2026-11-21 08:00:00,123 - trainer - WARNING - slow", "warning: unused variable 'x'",
    "Warning: package 'x' was built under R version 4.3.1", "x.c:7:5: warning: unused variable",
    "/usr/lib/python3/x.py:12: UserWarning: deprecated", "FutureWarning: x will change",
    "sklearn/linear_model/_logistic.py:460: ConvergenceWarning: lbfgs failed to converge",
    "(node:12) DeprecationWarning: x", "Warning message:", "Warning messages:",
    "In addition: Warning message:", "W0101 12:34:56.123456 4711 device.cc:10] slow",
    "2026-11-21 08:00:00.123456: W external/xla/x.cc:7] slow", "[W 08:00:00.123 NotebookApp] slow",
    "[W1121 08:00:00.1 reducer.cpp:1251] Warning: find_unused_parameters",
    "26/11/21 08:00:00 WARN NativeCodeLoader: Unable to load native-hadoop library",
    "[LightGBM] [Warning] No further splits", "[08:00:00] WARNING: ../src/learner.cc:1115: x",
    #"{"level":"warn"}"#, #"{"level":40}"#, #"{"levelno":30}"#, #"{"level":4,"host":"h"}"#,
    "level=warning msg=slow", "npm WARN deprecated x@1", "WARNING", "[WRN] x",
    "2026-11-21 08:00:00.123 | WARNING  | trainer:fit:12 - slow",
  ]

  static let debugs = [
    "DEBUG:root:x", "[debug] x", "2026-11-21 08:00:00,123 - trainer - DEBUG - 0 errors",
    "2026-11-21T08:00:00Z TRACE x", #"{"level":"debug"}"#, #"{"level":20}"#, "level=debug x=1",
    "D0101 12:34:56.123456 4711 device.cc:10] x", "debug: x", "TRACE x",
  ]

  static let infos = [
    "", " ", "epoch 3/40 loss 0.12", "0 errors", "0 errors, 0 warnings", "error_rate=0.1",
    "no warnings", "No errors found", "no ERROR at all", "found 3 ERROR: rows", "errors: 12",
    "error=0.12", "mean squared error: 0.12", "Test error: 0.05", "error: 0.0312",
    "Error: 0.12", "error: 12%", "error: 3", "ERROR: 0.5", "ERROR RATE 0.2",
    "MeanSquaredError: 0.01", "val_MeanAbsoluteError: 0.3", "Error rate over folds: 0.1",
    "Error analysis of the model", "Error in prediction: 0.12", "the error was small",
    "standard error of the mean", "reading /var/log/error.log", "wrote error-report.html",
    "my-error handler", "max_error 0.2", "errorbar plot", "INFO: found 2 ERROR rows",
    "INFO:root:ERROR handling enabled", "2026-11-21 08:00:00,123 - trainer - INFO - ERROR 404",
    "2026-11-21 08:00:00,123 INFO trainer: 0 WARNING messages", "[INFO] error: retried",
    #"{"level":"info","msg":"ERROR: x"}"#, #"{"msg":"error","error":"ERROR"}"#, #"{"level":30}"#,
    #"{"error_rate": 0.1, "loss": 2}"#, "level=info msg=\"error: x\"", "{not json ERROR:",
    "I0101 12:34:56.123456 4711 device.cc:10] ERROR", "2026-11-21 08:00:00.123456: I x/y.cc:7] E",
    "critical path length 12", "fatal accidents per year", "warned twice", "warning_count 3",
    "| error | 0.12 |", "with ValueError handled", "KeyError handling is on", "Warning signs: none",
    "loss: nan", "error: nan", "Information gain 0.3", "a b c ERROR d", "without WARNING: fine",
    "WARNING LEVELS: 1, 2", "ERROR(x) = 3", "f(x)=error", "class ErrorHandler loaded", "E coli",
    "E1", "[E coli] growth", "W 12", "Debugger attached", "tracing on", "at home (we are)",
    "notice: board", "Übererror", "é error ü", "rc=0 errors=0", "Traceback is off",
  ]

  @Test(arguments: errors) func `an error is told by its form`(line: String) {
    #expect(LevelRules.level(of: line.utf8) == .error)
  }
  @Test(arguments: warnings) func `a warning is told by its form`(line: String) {
    #expect(LevelRules.level(of: line.utf8) == .warning)
  }
  @Test(arguments: debugs) func `a debug line is told by its form`(line: String) {
    #expect(LevelRules.level(of: line.utf8) == .debug)
  }
  @Test(arguments: infos) func `prose, measures and file names raise no alarm`(line: String) {
    #expect(LevelRules.level(of: line.utf8) == .info)
  }

  @Test(arguments: UInt64(0)..<200) func `no bytes make the rules fail`(seed: UInt64) {
    var random = SplitMix(seed)
    let pieces = Self.errors + Self.warnings + Self.infos
    var line: [UInt8] = []
    for _ in 0..<(random.next() % 4) {
      let piece = Array(pieces[Int(random.next() % UInt64(pieces.count))].utf8)
      line += piece.prefix(Int(random.next() % UInt64(piece.count + 1)))
      if random.next() % 3 == 0 { line.append(UInt8(truncatingIfNeeded: random.next())) }
    }
    var detector = LevelDetector()
    for number in 1...3 {
      _ = line.withUnsafeBytes { detector.classify($0, line: UInt64(number)) }
    }
  }
}

@Suite struct RecordTests {
  /// The level's first letter and the opening line of each line, as `E` or `E<3`.
  private func records(_ text: String) -> [String] {
    var detector = LevelDetector()
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
      (index: Int, line: Substring) in
      let (level, of) = Array(line.utf8).withUnsafeBytes {
        detector.classify($0, line: UInt64(index + 1))
      }
      return level.rawValue.prefix(1).uppercased() + (of.map { "<\($0)" } ?? "")
    }
  }

  @Test func `a Python traceback is one record up to its exception line`() {
    let lines = records(
      """
      epoch 1
      Traceback (most recent call last):
        File "/p/train.py", line 12, in <module>
          fit(x)
          ~~~^^^
      ValueError: bad shape (3,)
      done
      """)
    #expect(lines == ["I", "E", "E<2", "E<2", "E<2", "E<2", "I"])
  }

  @Test func `chained tracebacks are two records`() {
    let lines = records(
      """
      Traceback (most recent call last):
        File "a.py", line 1, in f
      KeyError: 'x'

      During handling of the above exception, another exception occurred:

      Traceback (most recent call last):
        File "a.py", line 3, in g
      pkg.mod.CustomError
      """)
    #expect(lines == ["E", "E<1", "E<1", "I", "E", "I", "E", "E<7", "E<7"])
  }

  @Test func `a traceback cut off by another line ends there`() {
    let lines = records(
      """
      Traceback (most recent call last):
        File "a.py", line 1, in f
      INFO: next step
      plain words
      """)
    #expect(lines == ["E", "E<1", "I", "I"])
  }

  @Test func `a traceback with a prefix on every line is one record`() {
    let lines = records(
      """
      [rank0]: Traceback (most recent call last):
      [rank0]:   File "a.py", line 1, in f
      [rank0]: RuntimeError: NCCL error
      [rank0]: goodbye
      """)
    #expect(lines == ["E", "E<1", "E<1", "I"])
  }

  @Test func `a Java stack trace is one record with its causes`() {
    let lines = records(
      """
      Exception in thread "main" java.lang.IllegalStateException: boom
      \tat com.example.Main.run(Main.java:7)
      \tat com.example.Main.main(Main.java:3)
      Caused by: java.io.IOException: gone
      \tat com.example.Io.read(Io.java:1)
      \t... 2 more
      after
      java.lang.RuntimeException: again
      \tat x.Y.z(Y.java:1)
      """)
    #expect(lines == ["E", "E<1", "E<1", "E<1", "E<1", "E<1", "I", "E", "E<8"])
  }

  @Test func `R's errors and warnings hold their message`() {
    let lines = records(
      """
      Error in fit(x) :\u{20}
        object 'y' not found
      Calls: main -> fit
      Execution halted
      Warning message:
      In sqrt(-1) : NaNs produced
      [1] 3
      Warning messages:
      1: In f(x) : a
      2: In g(x) :
        b
      fine
      """)
    #expect(
      lines == [
        "E", "E<1", "E<1", "E<1", "W", "W<5", "I", "W", "W<8", "W<8", "W<8", "I",
      ])
  }

  @Test func `a Python warning holds its source line`() {
    let lines = records(
      """
      /p/x.py:12: UserWarning: old
        warnings.warn("old")
        not part of it
      """)
    #expect(lines == ["W", "W<1", "I"])
  }

  @Test func `Go and Rust panics hold their stacks`() {
    let go = records(
      """
      panic: runtime error: index out of range

      goroutine 1 [running]:
      main.main()
      \t/p/main.go:7 +0x1d
      exit status 2
      after
      """)
    #expect(go == ["E", "E<1", "E<1", "E<1", "E<1", "E<1", "I"])
    let rust = records(
      """
      thread 'main' panicked at src/main.rs:2:5:
      index out of bounds
      stack backtrace:
         0: std::panicking
      note: run with `RUST_BACKTRACE=1`
      after
      """)
    #expect(rust == ["E", "E<1", "E<1", "E<1", "E<1", "I"])
  }

  @Test func `JavaScript errors hold their stack`() {
    let lines = records(
      """
      TypeError: x is not a function
          at Object.<anonymous> (/p/a.js:1:1)
          at Module._compile (node:internal:1)
      ok
      """)
    #expect(lines == ["E", "E<1", "E<1", "I"])
  }
}

/// A small generator, so that a failing seed reruns alone (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import LedgerConsole
import LedgerDomain
import LedgerRunner

/// What every job that runs a command can be given.
struct JobOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Set a parameter; repeat it for more.",
      discussion: "The value is read as YAML would read it: 40, 0.5, true, [a, b], or text.",
      valueName: "key=value"))
  var set: [String] = []
  @Option(
    help: ArgumentHelp(
      "Pass a variable of this environment on, and record only its name.", valueName: "name"))
  var secret: [String] = []
  @Option(help: "What the job is for.") var purpose: String?
  @Flag(help: "Keep every line that a progress bar overwrites.") var allProgress = false
  @Flag(help: "Return once the job has started; it outlives the terminal.") var detach = false
  @Flag(help: "Leave it to 'jobledger work'.") var queue = false
  @OptionGroup var hook: HookOptions

  func validate() throws {
    if queue, detach { throw ValidationError("--queue and --detach exclude each other") }
  }

  /// What a request key is bound to.
  var content: [(Text, JSONValue?)] {
    [
      ("set", set.isEmpty ? nil : .array(set.map { .string($0) })),
      ("secrets", secret.isEmpty ? nil : .array(secret.map { .string($0) })),
      ("purpose", purpose.map { .string($0) }), ("allProgress", allProgress ? .bool(true) : nil),
      ("queue", queue ? .bool(true) : nil),
    ]
  }
}

/// What a deployment or retirement can be given, which may have a hook.
struct EffectOptions: ParsableArguments {
  @Flag(
    name: .customLong("no-hook"),
    help: "Leave the manifest's hook out, and do not read the manifest.")
  var withoutHook = false
  @OptionGroup var hook: HookOptions
}

/// What every job with a command or hook can be given.
struct HookOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long a stopped command may take before it is killed.", valueName: "seconds"))
  var grace: Double?

  func validate() throws {
    if let grace, !(grace >= 0 && grace <= 86_400) {
      throw ValidationError("--grace is a number of seconds, at most a day")
    }
  }

  /// The same as a span of time.
  var duration: Duration { grace.map { .seconds($0) } ?? HookOptions.standardGrace }

  /// How long it is where nothing else was asked for.
  static let standardGrace = Duration.seconds(10)
}

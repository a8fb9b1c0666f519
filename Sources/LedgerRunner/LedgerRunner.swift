// SPDX-License-Identifier: Apache-2.0
// LedgerRunner — runs users' commands and records what they do.
// Command/ starts them under a guard, Capture/ reads their output, Files/ digests and stores what
// goes in and comes out, Manifest/ reads what a project wants run.
// Invariant: the argument vector reaches the command byte for byte, never through a shell; a
// command inherits descriptors 0, 1, 2 and a clean environment; nothing outlives its runner.
// Start at: RunningCommand (Command/RunningCommand.swift). Tests: LedgerRunnerTests.

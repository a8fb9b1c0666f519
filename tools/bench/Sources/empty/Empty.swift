// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// A program that parses its arguments and does nothing: what starting costs at least.
@main struct Empty: ParsableCommand {
  @Argument var words: [String] = []
}

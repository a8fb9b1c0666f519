// SPDX-License-Identifier: Apache-2.0

import LedgerDomain

// The words of log lines as constants, so that the hot path makes no strings. A test compares them
// with the words that stand with the cases.

extension LogLevel {
  @inline(__always)
  var wireName: StaticString {
    switch self {
    case .debug: Wire.debug
    case .info: Wire.info
    case .warning: Wire.warning
    case .error: Wire.error
    }
  }
}

extension LogStream {
  @inline(__always)
  var wireName: StaticString {
    switch self {
    case .stdout: "stdout"
    case .stderr: "stderr"
    }
  }
}

extension LineEnd {
  @inline(__always)
  var wireName: StaticString {
    switch self {
    case .crlf: "crlf"
    case .cr: "cr"
    case .none: "none"
    }
  }
}

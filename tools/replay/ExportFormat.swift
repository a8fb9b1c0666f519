// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The forms of an export.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  case jsonl
  case bundle
  case cloudevents
  case openlineage
  case prov
  case inToto = "in-toto"
  case cyclonedx
  case sqlite

  /// Whether it can be asked for what one subject's events tell.
  var takesSubject: Bool {
    switch self {
    case .bundle, .openlineage, .prov, .inToto: true
    case .jsonl, .cloudevents, .cyclonedx, .sqlite: false
    }
  }

  /// Whether an export goes on where an earlier one ended; a bundle proves that it does.
  var takesSince: Bool {
    switch self {
    case .jsonl, .bundle, .cloudevents, .openlineage, .inToto: true
    case .prov, .cyclonedx, .sqlite: false
    }
  }

  /// Whether it is a folder or file that standard output is no place for.
  var needsOutput: Bool { self == .bundle || self == .sqlite }
}

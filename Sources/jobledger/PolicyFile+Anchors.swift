// SPDX-License-Identifier: Apache-2.0
import LedgerDomain
import Transparency

// The section `anchors` of a policy's file, both ways.

extension PolicyFile {
  /// Writes the section, and nothing where there are no anchors.
  static func write(_ anchors: [Policy.Anchor]) -> String {
    if anchors.isEmpty { return "" }
    let lines = anchors.map { anchor in
      var members = ["name: \(quoted(anchor.name.string))"]
      switch anchor.way {
      case .file(let path): members.append("file: \(text(path))")
      case .command(let arguments): members.append("command: \(list(arguments))")
      case .timestamp(let source, let authority):
        let from =
          switch source {
          case .url(let url): "url: \(text(url))"
          case .command(let arguments): "command: \(list(arguments))"
          }
        members.append("timestamp: {\(from), authority: \(text(authority))}")
      case .witness(let url, let vkey):
        members.append("witness: \(text(url))")
        members.append("vkey: \(text(vkey))")
      }
      if anchor.everySeconds != anchor.way.everySeconds {
        members.append("every: \(anchor.everySeconds)s")
      }
      return "  - {\(members.joined(separator: ", "))}"
    }
    return "anchors:\n" + lines.joined(separator: "\n") + "\n"
  }

  /// Whether this is the vkey of a cosigner.
  static func isCosigner(_ vkey: Text) -> Bool {
    (try? CosignerKey(bytes: Array(vkey.string.utf8))) != nil
  }

  private static func text(_ text: Text) -> String { inQuotes(text.string) }

  private static func list(_ texts: [Text]) -> String {
    "[" + texts.map { text($0) }.joined(separator: ", ") + "]"
  }

  /// Seconds from `90s`, `15m`, `6h`, `1d`; nil for anything else.
  static func seconds(_ words: String) -> UInt32? {
    let units: [Character: UInt32] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = words.last.flatMap({ units[$0] }), let number = UInt32(words.dropLast())
    else { return nil }
    let (seconds, isTooMuch) = number.multipliedReportingOverflow(by: unit)
    return isTooMuch ? nil : seconds
  }
}

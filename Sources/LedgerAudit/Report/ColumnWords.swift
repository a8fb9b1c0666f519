// SPDX-License-Identifier: Apache-2.0

extension AnswerColumn {
  /// Above a table of a report.
  func heading(_ language: Language) -> String {
    language == .english ? heading : heading
  }
}

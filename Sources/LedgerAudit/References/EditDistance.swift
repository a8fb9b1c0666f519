// SPDX-License-Identifier: Apache-2.0

/// How far one word is from another, for suggestions.
public enum EditDistance {
  /// The number of bytes to insert, drop, replace or swap with a neighbour; no byte is edited
  /// twice (optimal string alignment of Damerau's operations). Time and space are the product of
  /// the lengths, of which at most 128 bytes each count.
  public static func between(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8.prefix(128))
    let right = Array(right.utf8.prefix(128))
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var older: [Int] = []
    var before = Array(0...right.count)
    for (row, byte) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(before[column + 1] + 1, current[column] + 1)
        best = min(best, before[column] + (byte == other ? 0 : 1))
        if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
          best = min(best, older[column - 1] + 1)
        }
        current.append(best)
      }
      older = before
      before = current
    }
    return before[right.count]
  }

  /// At most three of the candidates that could have been meant, nearest first.
  ///
  /// One edit is forgiven for each three bytes, at least one and at most three; a candidate that begins with the
  /// word counts as one edit away.
  public static func suggestions(for word: String, among candidates: some Sequence<String>)
    -> [String]
  {
    let limit = min(3, max(1, word.utf8.count / 3))
    var found: [(distance: Int, candidate: String)] = []
    var seen: Set<String> = []
    for candidate in candidates where seen.insert(candidate).inserted {
      var distance = between(word, candidate)
      if !word.isEmpty, candidate.utf8.starts(with: word.utf8) { distance = min(distance, 1) }
      if distance <= limit { found.append((distance, candidate)) }
    }
    found.sort { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }
    return found.prefix(3).map(\.candidate)
  }
}

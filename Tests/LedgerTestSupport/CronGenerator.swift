// SPDX-License-Identifier: Apache-2.0

/// Random cron expressions of every form, all of which fire.
public struct CronGenerator {
  private var random: SplitMix64

  /// The same seed makes the same expressions.
  public init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// A random expression: mostly five fields, sometimes a macro.
  public mutating func expression() -> String {
    if random.oneIn(40) {
      return random.pick(["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly"])
    }
    let isAnyMonth = !random.oneIn(3)
    // Up to 28 every month has the day, so that some date always fits.
    let days = random.oneIn(2) ? "*" : field(1, isAnyMonth ? 31 : 28, [])
    let months =
      isAnyMonth
      ? "*"
      : field(
        1, 12,
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
    let weekdays =
      random.oneIn(2) ? "*" : field(0, 6, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
    return [
      field(0, 59, []), field(0, 23, []), days, months, weekdays,
    ].joined(separator: random.oneIn(8) ? "  " : " ")
  }

  private mutating func field(_ low: Int, _ high: Int, _ names: [String]) -> String {
    if random.oneIn(4) { return "*" }
    return (0...(random.oneIn(3) ? random.below(4) : 0)).map { index in
      if index == 0, random.oneIn(5) { return "*/\(1 + random.below(high))" }
      return item(low, high, names)
    }.joined(separator: ",")
  }

  private mutating func item(_ low: Int, _ high: Int, _ names: [String]) -> String {
    let first = low + random.below(high - low + 1)
    func word(_ value: Int) -> String {
      guard !names.isEmpty, random.oneIn(3) else { return "\(value)" }
      let name = names[value - low]
      return random.oneIn(2) ? name : name.lowercased()
    }
    switch random.below(4) {
    // Not from a value to itself, which croniter takes for the whole field.
    case 0 where first < high:
      let last = first + 1 + random.below(high - first)
      return "\(word(first))-\(word(last))"
    case 1 where first < high:
      let last = first + 1 + random.below(high - first)
      return "\(first)-\(last)/\(1 + random.below(last - first))"
    case 2 where first < high: return "\(first)/\(1 + random.below(high - first))"
    default: return word(first)
    }
  }
}

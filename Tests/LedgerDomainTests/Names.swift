// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

// Here and not in LedgerTestSupport: with it, `Name("…")` of a literal is no longer optional.
extension Name: ExpressibleByStringLiteral {
  /// Takes a literal that satisfies the grammar; anything else stops the test.
  public init(stringLiteral value: String) {
    guard let name = Name(value) else { preconditionFailure("no name: \(value)") }
    self = name
  }
}

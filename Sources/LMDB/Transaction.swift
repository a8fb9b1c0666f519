// SPDX-License-Identifier: Apache-2.0

/// A snapshot of the environment, lent to the closure of ``Environment/read(_:)``.
///
/// While it lasts, no page that it sees is used again, so the file grows under a writer: a long
/// read notes where it is, ends, and goes on in a new transaction. What was only ever appended is
/// the same in both. A transaction never spans `await`, a wait for another process, or a lock.
public struct ReadTransaction: ~Copyable {
  /// The operations, for as long as the closure runs.
  public let loan: Loan

  @usableFromInline
  init(_ loan: Loan) { self.loan = loan }
}

/// The one write transaction at a time, lent to the closure of ``Environment/write(growing:_:)``.
public struct WriteTransaction: ~Copyable {
  /// The operations, for as long as the closure runs.
  public let loan: WriteLoan

  @usableFromInline
  init(_ loan: WriteLoan) { self.loan = loan }
}

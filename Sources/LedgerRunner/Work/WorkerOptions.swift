// SPDX-License-Identifier: Apache-2.0
public import LedgerReading
public import LedgerStorage

extension Worker {
  /// What may be chosen about working.
  public struct Options: Sendable {
    /// How many jobs run at once.
    public var parallel: Int
    /// Whether to end when nothing waits, runs or is due.
    public var untilIdle: Bool
    /// How long after its time a tick is still on time. Later it was missed.
    public var tolerance: Duration
    /// How often ledger and clock are looked at.
    public var pollInterval: Duration
    /// How long to wait after what could not be done now.
    public var retryInterval: Duration
    /// How often to look for jobs whose runner died.
    public var sweepInterval: Duration
    /// The clocks.
    public var clock: LedgerClock
    /// The time zones.
    public var zones: TimeZoneDatabase
    /// Told what a person might want to know.
    public var remark: @Sendable (String) -> Void

    /// The standard choices.
    public init(
      parallel: Int = 1, untilIdle: Bool = false, tolerance: Duration = .seconds(60),
      pollInterval: Duration = .milliseconds(200), retryInterval: Duration = .seconds(1),
      sweepInterval: Duration = .seconds(5), clock: LedgerClock = .system(),
      zones: TimeZoneDatabase = .system(), remark: @escaping @Sendable (String) -> Void = { _ in }
    ) {
      self.parallel = parallel
      self.untilIdle = untilIdle
      self.tolerance = tolerance
      self.pollInterval = pollInterval
      self.retryInterval = retryInterval
      self.sweepInterval = sweepInterval
      self.clock = clock
      self.zones = zones
      self.remark = remark
    }
  }
}

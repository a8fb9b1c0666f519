// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import LedgerDomain

// The words of the domain as arguments; help lists them.

extension AlertAction: ExpressibleByArgument {}
extension DeploymentStatus: ExpressibleByArgument {}
extension Engine: ExpressibleByArgument {}
extension ErasureBasis: ExpressibleByArgument {}
extension JobKind: ExpressibleByArgument {}
extension JobStatus: ExpressibleByArgument {}
extension LogLevel: ExpressibleByArgument {}
extension MissedPolicy: ExpressibleByArgument {}
extension LogStream: ExpressibleByArgument {}
extension Role: ExpressibleByArgument {}
extension VersionStatus: ExpressibleByArgument {}

extension Authentication: ExpressibleByArgument {
  /// Those that a grant can ask for.
  public static var allValueStrings: [String] { ["claimed", "os", "token", "ssh"] }
}

// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of jobledger never resolve or build its fault runs.
let package = Package(
  name: "faults",
  dependencies: [.package(name: "jobledger", path: "../..")],
  targets: [
    .executableTarget(
      name: "ledger-driver",
      dependencies: [.product(name: "JobLedgerModules", package: "jobledger")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ])
  ],
  swiftLanguageModes: [.v6]
)

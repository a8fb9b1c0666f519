// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of jobledger never resolve or build its benchmarks.
let package = Package(
  name: "bench",
  dependencies: [.package(name: "jobledger", path: "../..")],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [.product(name: "JobLedgerModules", package: "jobledger")])
  ],
  swiftLanguageModes: [.v6]
)

// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of jobledger never resolve or build its benchmarks.
let package = Package(
  name: "bench",
  dependencies: [
    .package(name: "jobledger", path: "../.."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .executableTarget(
      name: "bench",
      dependencies: [.product(name: "JobLedgerModules", package: "jobledger")]),
    .executableTarget(
      name: "empty",
      dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")]),
  ],
  swiftLanguageModes: [.v6]
)

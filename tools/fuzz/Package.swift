// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of jobledger never resolve or build its fuzzers.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "jobledger", path: "../..")],
  targets: [
    .executableTarget(
      name: "fuzz",
      dependencies: [.product(name: "JobLedgerFuzzing", package: "jobledger")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        // libFuzzer has `main`.
        .unsafeFlags(["-parse-as-library"]),
      ]),
    .executableTarget(
      name: "fuzz-data-file",
      dependencies: [.product(name: "JobLedgerFuzzing", package: "jobledger")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)

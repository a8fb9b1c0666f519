// swift-tools-version: 6.2
import PackageDescription

/// Set by tools/check and tools/test: a warning in our own targets fails the build.
let strict = Context.environment["JOBLEDGER_STRICT"] == "1"

/// Set by tools/build: the programs are linked to be started for every line that somebody types, with no
/// time for relocating themselves (some 300 pages), let alone for finding libraries.
let released = Context.environment["JOBLEDGER_RELEASED"] == "1"

/// Settings of every target: Swift 6 mode and the upcoming features named in Sources/README.md.
let house: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

func room(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: house)
}

func tool(
  _ name: String, _ dependencies: [Target.Dependency], path: String, linked: [String]
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path, exclude: ["README.md"],
    swiftSettings: house,
    linkerSettings: released ? [.unsafeFlags(linked)] : [])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["LedgerTestSupport"], swiftSettings: house)
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "jobledger",
  products: [
    .executable(name: "jobledger", targets: ["jobledger"]),
    .executable(name: "jobledger-replay", targets: ["jobledger-replay"]),
    // For tools/bench and tools/fuzz, packages of their own. No API is promised.
    .library(
      name: "JobLedgerModules",
      targets: [
        "LMDB", "LMDBWriting", "LedgerDomain", "LedgerCodec", "Transparency", "LedgerReading",
        "LedgerStorage", "LedgerAudit", "LedgerStatistics",
      ]),
    // For tools/fuzz: what has to hold for any bytes, which the ordinary tests try as well.
    .library(name: "JobLedgerFuzzing", targets: ["LedgerFuzzing"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
    .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "CLinux",
      cSettings: strict ? [.enableWarning("all"), .treatAllWarnings(as: .error)] : []),
    .target(
      name: "CHashing",
      cSettings: strict ? [.enableWarning("all"), .treatAllWarnings(as: .error)] : []),
    room("LMDB", ["CLMDB"]),
    room("LMDBWriting", ["LMDB", "CLMDB"]),
    room("LedgerDomain", []),
    room("LedgerCodec", ["LedgerDomain"]),
    room("Transparency", ["CHashing", crypto]),
    room(
      "LedgerReading", ["LMDB", "LedgerCodec", "LedgerDomain", "Transparency", "CLinux", system]),
    room(
      "LedgerStorage",
      [
        "LedgerReading", "LMDB", "LMDBWriting", "LedgerCodec", "LedgerDomain", "Transparency",
        "CLinux", crypto, system,
      ]),
    room(
      "LedgerAudit",
      ["LedgerReading", "LMDB", "LedgerCodec", "LedgerDomain", "Transparency", "CLinux", system]),
    room(
      "LedgerSQLite",
      ["LedgerAudit", "LedgerReading", "LedgerCodec", "LedgerDomain", "Transparency", "CSQLite"]),
    room("LedgerStatistics", ["LedgerCodec", "LedgerDomain", "CExpat", "CZlib"]),
    room(
      "LedgerRunner",
      [
        "LedgerStorage", "LedgerReading", "LedgerStatistics", "LedgerCodec", "LedgerDomain",
        "Transparency", "CLinux", crypto, system, yams,
      ]),
    room(
      "LedgerConsole",
      [
        "LedgerAudit", "LedgerReading", "LedgerCodec", "LedgerDomain", "CLinux", argumentParser,
        system,
      ]),
    tool(
      "jobledger",
      [
        "LedgerConsole", "LedgerRunner", "LedgerStorage", "LedgerAudit", "LedgerReading",
        "LedgerCodec", "LedgerDomain", "Transparency", "CLinux", argumentParser, system, yams,
      ], path: "Sources/jobledger",
      // With the system's C library: it may have to ask a service of the network who a user is.
      linked: ["-Xclang-linker", "-no-pie"]),
    tool(
      "jobledger-replay",
      [
        "LedgerConsole", "LedgerAudit", "LedgerSQLite", "LedgerReading", "LedgerCodec",
        "LedgerDomain", argumentParser, system,
      ], path: "tools/replay", linked: ["-static-executable"]),
    .target(
      name: "LedgerTestSupport", dependencies: ["LedgerDomain", "LedgerCodec", "Transparency"],
      path: "Tests/LedgerTestSupport", swiftSettings: house),
    .target(
      name: "LedgerFuzzing",
      dependencies: [
        "LedgerDomain", "LedgerCodec", "Transparency", "LedgerStatistics", "LedgerStorage",
        "LedgerRunner", "LedgerReading", "LedgerAudit", "LMDB", "CLinux", "LedgerTestSupport",
      ], path: "Tests/LedgerFuzzing", swiftSettings: house),
    tests("LMDBTests", ["LMDB", "LMDBWriting"]),
    tests("LedgerDomainTests", ["LedgerDomain"]),
    tests("LedgerCodecTests", ["LedgerCodec", "LedgerDomain"]),
    tests("TransparencyTests", ["Transparency"]),
    tests("LedgerFuzzingTests", ["LedgerFuzzing"]),
    tests("LedgerReadingTests", ["LedgerReading", "LedgerStorage", "LedgerDomain"]),
    tests(
      "LedgerStorageTests",
      [
        "LedgerStorage", "LedgerAudit", "LedgerReading", "LedgerCodec", "LedgerDomain",
        "Transparency", "LMDB", "LMDBWriting",
      ]),
    tests(
      "LedgerAuditTests",
      [
        "LedgerAudit", "LedgerSQLite", "LedgerStorage", "LedgerReading", "LedgerCodec",
        "LedgerDomain", "Transparency", "LMDB", "LMDBWriting", "LedgerFuzzing", "jobledger",
        "jobledger-replay",
      ]),
    tests(
      "LedgerRunnerTests",
      [
        "LedgerRunner", "LedgerStorage", "LedgerReading", "LedgerCodec", "LedgerDomain", "CLinux",
        "jobledger",
      ]),
    tests("LedgerStatisticsTests", ["LedgerStatistics", "LedgerCodec", "LedgerDomain"]),
    tests(
      "LedgerConsoleTests",
      [
        "LedgerConsole", "LedgerAudit", "LedgerReading", "LedgerCodec", "LedgerDomain",
        argumentParser,
      ]),
    tests(
      "EndToEndTests",
      ["jobledger", "jobledger-replay", "LedgerReading", "LedgerDomain"]),
  ],
  swiftLanguageModes: [.v6]
)

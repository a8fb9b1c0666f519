// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerAudit
import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing
import Transparency

/// Every byte of a bundle, changed, one at a time: nothing is accepted, nothing stops the process.
///
/// All of them with `JOBLEDGER_LONG` (`tools/test --long`), else one in sixteen, in every file.
@Suite struct BundleMutationTests {
  private static let step = getenv("JOBLEDGER_LONG") == nil ? 16 : 1

  /// A bundle under 32 KiB with every kind of file: a part, with a proof of consistency.
  private static func small(_ site: BundleSite) throws -> String {
    let (path, _) = try site.make("small") {
      $0.claim = (.retiredWithReason, Scenario.version(2))
      $0.since = site.early
    }
    return path
  }

  private enum Kind: CaseIterable {
    case small
    /// With words that were erased after its size: what proves that, in `later/`, is changed.
    case later
    case whole
  }

  private static func bundle(_ kind: Kind) throws -> (
    site: BundleSite, path: String, key: VerifierKey
  ) {
    if kind == .later {
      let story = try BundleLaterTests.Story(rotates: true)
      return (story.site, try story.make("later").path, story.key)
    }
    let site = try BundleSite()
    return (site, try kind == .small ? small(site) : site.make("whole").path, try site.key())
  }

  @Test(arguments: Kind.allCases)
  private func `no changed byte of a bundle is accepted`(_ kind: Kind) throws {
    let isWhole = kind == .whole
    let step = isWhole ? 8 * Self.step : Self.step
    let (site, path, key) = try Self.bundle(kind)
    defer { withExtendedLifetime(site) {} }
    #expect(try Bundles.verify(path, key: key).isOK)
    let files = Bundles.files(path).filter { kind != .later || $0.key.hasPrefix("later/") }
    let size = files.values.reduce(0) { $0 + $1.count }
    #expect(kind == .small ? size > 1_000 && size < 32_768 : size > 1_000, "\(size) bytes")
    var random = SplitMix64(seed: 77)
    var (tried, accepted) = (0, [String]())
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      let file = open("\(path)/\(name)", O_WRONLY)
      #expect(file >= 0)
      for place in stride(from: random.below(min(step, bytes.count)), to: bytes.count, by: step) {
        var bent = bytes[place] ^ UInt8(1 + random.below(255))
        pwrite(file, &bent, 1, place)
        if try Bundles.verify(path, key: key).isOK { accepted.append("\(name) at \(place)") }
        tried += 1
        bent = bytes[place]
        pwrite(file, &bent, 1, place)
      }
      close(file)
    }
    #expect(accepted == [])
    #expect(step == 1 ? tried == size : tried > size / step / 2)
    // All is as it was, so that each change was the only one.
    #expect(try Bundles.verify(path, key: key).isOK)
  }

  @Test(arguments: [Kind.small, .later])
  private func `no changed byte of a bundle is accepted by the independent verifier`(
    _ kind: Kind
  ) throws {
    let (site, path, key) = try Self.bundle(kind)
    defer { withExtendedLifetime(site) {} }
    let input = try CanonicalJSON.encode(
      .array([
        .string(Bundles.program), .string(path), .string("\(key)"),
        .integer(Self.step), .string(kind == .later ? "later/" : ""),
      ]))
    let answer = try JSONParser.parse(try PythonOracle.run(Self.script, input: input)).array
    let numbers = (answer ?? []).compactMap { value -> Double? in
      if case .number(let number) = value { number } else { nil }
    }
    let files = Bundles.files(path).filter { kind != .later || $0.key.hasPrefix("later/") }
    let size = files.values.reduce(0) { $0 + $1.count }
    #expect(size < 32_768)
    // Tried, accepted, ended otherwise than with 0 or 2.
    try #require(numbers.count == 3)
    #expect(Self.step == 1 ? numbers[0] == Double(size) : numbers[0] > Double(size / 32))
    #expect(numbers[1...] == [0, 0])
  }

  private static let script = """
    import contextlib, importlib.machinery, importlib.util, io, json, os, random, sys
    sys.dont_write_bytecode = True
    program, folder, key, step, within = json.loads(sys.stdin.read())
    loader = importlib.machinery.SourceFileLoader("verify", program)
    verify = importlib.util.module_from_spec(importlib.util.spec_from_loader("verify", loader))
    loader.exec_module(verify)
    chance, tried, accepted, other = random.Random(5), 0, 0, 0
    sys.argv = ["verify", "--json", folder, "--key", key]
    def run():
        with contextlib.redirect_stdout(io.StringIO()):
            return verify.main()
    assert run() == 0
    within = os.path.join(folder, within)
    paths = [os.path.join(at, name) for at, _, names in os.walk(within) for name in names]
    for path in sorted(paths):
        with open(path, "r+b", buffering=0) as file:
            data = file.read()
            for place in range(chance.randrange(min(int(step), len(data))), len(data), int(step)):
                os.pwrite(file.fileno(), bytes([data[place] ^ chance.randrange(1, 256)]), place)
                code = run()
                tried, accepted, other = tried + 1, accepted + (code == 0), other + (code not in (0, 2))
                os.pwrite(file.fileno(), data[place:place + 1], place)
    assert run() == 0
    print(json.dumps([tried, accepted, other]))
    """

  @Test func `a bundle cut anywhere is not accepted`() throws {
    let site = try BundleSite()
    let path = try Self.small(site)
    let key = try site.key()
    for (name, bytes) in Bundles.files(path) {
      for count in Set([0, 1, bytes.count / 3, bytes.count / 2, bytes.count - 2, bytes.count - 1])
      where count >= 0 && count < bytes.count {
        TemporaryFolder.write(Array(bytes[..<count]), to: "\(path)/\(name)")
        let report = try Bundles.verify(path, key: key)
        #expect(!report.isOK, "\(name), \(count) bytes of it")
      }
      TemporaryFolder.write(bytes, to: "\(path)/\(name)")
    }
    #expect(try Bundles.verify(path, key: key).isOK)
  }
}

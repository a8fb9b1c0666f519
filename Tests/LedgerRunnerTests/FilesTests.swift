// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import Testing

@testable import LedgerRunner

func symlinkTo(_ target: String, at path: String) -> Bool { symlink(target, path) == 0 }

@Suite struct BlobStoreTests {
  private let folder: TemporaryFolder
  private let blobs: BlobStore

  init() throws {
    folder = try TemporaryFolder()
    blobs = BlobStore(folder: folder.path)
  }

  private func names(_ path: String) -> [String] {
    var run = try? Run(script("ls -A \"$0\"", in: path))
    return text(run?.finish().stdout ?? []).split(separator: "\n").map(String.init)
  }

  @Test func `bytes are found by their digest`() throws {
    let digest = try blobs.put(Array("abc".utf8))
    #expect(digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(blobs.path(digest) == "\(folder.path)/sha256/ba/\(digest.hex)")
    #expect(try blobs.read(digest) == Array("abc".utf8))
    #expect(try blobs.put(Array("abc".utf8)) == digest)
    var status = stat()
    #expect(stat(blobs.path(digest), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(stat(folder.file("sha256/ba"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    #expect(try blobs.put([]) == Hashing.digest([]))
  }

  @Test func `nothing is left beside the blobs`() throws {
    let digest = try blobs.put(Array("abc".utf8))
    try folder.write("file", "abc")
    _ = try blobs.put(folder: AT_FDCWD, name: folder.file("file"), path: "file")
    #expect(throws: FilesError.self) {
      try blobs.put(folder: AT_FDCWD, name: folder.file("missing"), path: "missing")
    }
    var run = try Run(script("find . -type f", in: folder.file("sha256")))
    #expect(text(run.finish().stdout) == "./ba/\(digest.hex)\n")
  }

  @Test func `a damaged blob is never used, and put again it is whole`() throws {
    let digest = try blobs.put(Array("abc".utf8))
    try folder.write("sha256/ba/\(digest.hex)", "abd")
    #expect(throws: FilesError(.damaged, "", blobs.path(digest), "")) {
      try blobs.read(digest)
    }
    try folder.write("sha256/ba/\(digest.hex)", "ab")
    #expect(throws: FilesError(.damaged, "", blobs.path(digest), "")) {
      try blobs.read(digest)
    }
    try blobs.put(Array("abc".utf8))
    #expect(try blobs.read(digest) == Array("abc".utf8))
  }

  @Test func `what is missing or too large is told`() throws {
    let digest = Hashing.digest([1])
    #expect(throws: FilesError(.missing, "", blobs.path(digest), "")) { try blobs.read(digest) }
    let large = try blobs.put([UInt8](repeating: 7, count: 1000))
    #expect(throws: FilesError(.tooMuch, "", large.description, "")) {
      try blobs.read(large, atMost: 999)
    }
  }

  @Test func `links, folders, FIFOs and devices are refused`() throws {
    try folder.write("file", "x")
    #expect(symlinkTo(folder.file("file"), at: folder.file("link")))
    #expect(mkfifo(folder.file("fifo"), 0o600) == 0)
    for (name, code): (String, FilesError.Code) in [
      (folder.file("link"), .unsuitable), (folder.file("fifo"), .unsuitable),
      (folder.path, .unsuitable), ("/dev/zero", .unsuitable), (folder.file("none"), .missing),
    ] {
      #expect(throws: FilesError(code, "", name, "")) {
        try blobs.put(folder: AT_FDCWD, name: name, path: name)
      }
    }
  }

  @Test func `a file that changes while it is read is refused`() throws {
    let path = try folder.write("growing", [UInt8](repeating: 1, count: 600_000))
    var pieces = 0
    #expect(throws: FilesError(.changed, "", path, "")) {
      try SteadyFile.read(AT_FDCWD, path, path: path, for: "read") { _ throws(FilesError) in
        pieces += 1
        if pieces == 1 {
          let file = open(path, O_WRONLY | O_APPEND)
          var byte: UInt8 = 2
          write(file, &byte, 1)
          close(file)
        }
      }
    }
    #expect(pieces > 1)
  }

  @Test func `several who put the same bytes at once agree`() async throws {
    let blobs = blobs
    let bytes = [UInt8](repeating: 9, count: 100_000)
    let digests = try await withThrowingTaskGroup(of: Digest.self) { group in
      for _ in 0..<8 { group.addTask { try blobs.put(bytes) } }
      return try await group.reduce(into: Set<Digest>()) { $0.insert($1) }
    }
    #expect(digests == [Hashing.digest(bytes)])
    #expect(try blobs.read(Hashing.digest(bytes)) == bytes)
  }
}

@Suite struct ArtifactFolderTests {
  private let folder: TemporaryFolder
  private let blobs: BlobStore
  private let output: String

  init() throws {
    folder = try TemporaryFolder()
    output = folder.file("output")
    #expect(mkdir(output, 0o700) == 0)
    #expect(mkdir(folder.file("blobs"), 0o700) == 0)
    blobs = BlobStore(folder: folder.file("blobs"))
  }

  private func store() throws(FilesError) -> FileList {
    try ArtifactFolder.store(output, in: blobs)
  }

  @Test func `files are listed by the bytes of their paths`() throws {
    for name in ["b", "a/x", "a-b", "a.txt", "a/é", "Z", "a/x.d/y"] {
      try folder.write("output/\(name)", name)
    }
    #expect(mkdir(folder.file("output/empty"), 0o700) == 0)
    let list = try store()
    #expect(list.entries.map(\.path) == ["Z", "a-b", "a.txt", "a/x", "a/x.d/y", "a/é", "b"])
    #expect(list.summary.count == 7)
    #expect(list.summary.bytes == 24)
    // The canonical form by an independent hand.
    let json = list.entries.map {
      "{\"bytes\":\($0.bytes),\"digest\":\"\($0.digest)\",\"path\":\"\($0.path)\"}"
    }
    #expect(text(list.canonical) == "[\(json.joined(separator: ","))]")
    #expect(list.summary.digest == Hashing.digest(list.canonical))
    #expect(try ArtifactFolder.list(list.summary.digest, in: blobs) == list)
    #expect(try ArtifactFolder.digest(output) == list)
  }

  @Test func `an empty folder is an empty list`() throws {
    let list = try store()
    #expect(text(list.canonical) == "[]")
    #expect(try FileList(canonical: list.canonical) == list)
  }

  @Test func `what is no plain file is refused with its path`() throws {
    try folder.write("output/model.bin", "x")
    for make in [
      { symlinkTo("model.bin", at: $0) }, { symlinkTo("/nowhere", at: $0) },
      { mkfifo($0, 0o600) == 0 }, { Self.socket($0) },
    ] as [@Sendable (String) -> Bool] {
      let path = output + "/odd"
      try #require(make(path))
      #expect(throws: FilesError(.unsuitable, "", path, "")) { try store() }
      unlink(path)
    }
    #expect(try store().entries.count == 1)
  }

  private static func socket(_ path: String) -> Bool {
    mknod(path, S_IFSOCK | 0o600, 0) == 0
  }

  @Test(arguments: [[0xFF], [0x61, 0x0A], [0x1B, 0x5B], [0x7F], [0xC2, 0x85], [0xC3]])
  func `names that are no UTF-8 or hold control characters are refused`(name: [UInt8]) throws {
    let path = Array((output + "/").utf8) + name + [0]
    let file = path.withUnsafeBytes {
      open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o600)
    }
    try #require(file >= 0)
    close(file)
    do throws(FilesError) {
      _ = try store()
      Issue.record("accepted")
    } catch {
      #expect(error.code == .unsuitable)
      #expect(error.exitCode == 65)
    }
    _ = path.withUnsafeBytes { unlink($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
  }

  @Test func `NFC and NFD are two files`() throws {
    try folder.write("output/\u{E9}", "1")
    try folder.write("output/e\u{301}", "2")
    let list = try store()
    #expect(list.entries.count == 2)
    #expect(list.entries[0].path.utf8.elementsEqual("e\u{301}".utf8))
    #expect(try ArtifactFolder.list(list.summary.digest, in: blobs) == list)
  }

  @Test func `limits hold`() throws {
    for index in 0..<5 { try folder.write("output/d\(index)/f", "x") }
    var walk = FolderWalk("test")
    walk.limits.files = 4
    #expect(throws: FilesError(.tooMuch, "", output, "")) {
      try walk.run(output) { _, _, _ throws(FilesError) in }
    }
    walk = FolderWalk("test")
    walk.limits.depth = 0
    #expect(throws: FilesError.self) { try walk.run(output) { _, _, _ throws(FilesError) in } }
  }

  @Test func `a copy is private, read-only and verified`() throws {
    try folder.write("output/model.bin", "weights")
    try folder.write("output/deep/er/x", "y")
    let list = try store()
    let copy = folder.file("copy")
    try ArtifactFolder.materialise(list, from: blobs, into: copy)
    #expect(try ArtifactFolder.digest(copy) == list)
    var status = stat()
    #expect(stat(copy + "/model.bin", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o400)
    #expect(stat(copy + "/deep/er", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o500)
    #expect(throws: FilesError.self) {
      try ArtifactFolder.materialise(list, from: blobs, into: copy)
    }
    ArtifactFolder.remove(copy)
    #expect(stat(copy, &status) != 0)
  }

  @Test func `a damaged artifact is not copied, and nothing is left`() throws {
    try folder.write("output/model.bin", "weights")
    try folder.write("output/a/other", "x")
    let list = try store()
    let digest = try #require(list.entries.last).digest
    try folder.write("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)", "weighty")
    let copy = folder.file("copy")
    #expect(throws: FilesError(.damaged, "", blobs.path(digest), "")) {
      try ArtifactFolder.materialise(list, from: blobs, into: copy)
    }
    var status = stat()
    #expect(stat(copy, &status) != 0)
  }

  @Test func `removing follows no link`() throws {
    try folder.write("kept/file", "x")
    #expect(symlinkTo(folder.file("kept"), at: output + "/link"))
    ArtifactFolder.remove(output)
    var status = stat()
    #expect(stat(output, &status) != 0)
    #expect(stat(folder.file("kept/file"), &status) == 0)
  }

  @Test(arguments: [
    "{}", "[1]", "[{\"bytes\":1,\"digest\":\"x\",\"path\":\"a\"}]", "[ ]", "",
    "[{\"bytes\":1,\"digest\":\"D\",\"path\":\"../a\"}]",
    "[{\"bytes\":1,\"digest\":\"D\",\"path\":\"/a\"}]",
    "[{\"bytes\":1,\"digest\":\"D\",\"path\":\"a//b\"}]",
    "[{\"bytes\":1,\"digest\":\"D\",\"path\":\"\"}]",
    "[{\"bytes\":-1,\"digest\":\"D\",\"path\":\"a\"}]",
    "[{\"bytes\":1.5,\"digest\":\"D\",\"path\":\"a\"}]",
    "[{\"bytes\":1,\"digest\":\"D\",\"path\":\"b\"},{\"bytes\":1,\"digest\":\"D\",\"path\":\"a\"}]",
    "[{\"bytes\":1,\"digest\":\"D\",\"path\":\"a\"},{\"bytes\":1,\"digest\":\"D\",\"path\":\"a\"}]",
    "[{\"bytes\":1,\"digest\":\"D\",\"extra\":1,\"path\":\"a\"}]",
  ])
  func `only the canonical form of safe paths is a list`(text: String) {
    let bytes = text.replacing("D", with: Hashing.digest([]).description)
    #expect(throws: FilesError.self) { try FileList(canonical: Array(bytes.utf8)) }
  }
}

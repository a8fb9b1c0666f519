// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerReading
import LedgerTestSupport
import Testing
import Transparency

@testable import LedgerStorage

/// Backup files that are cut, changed, foreign or hostile.
@Suite struct BackupDamageTests {
  /// Reads a backup to its end; the reason for which it is refused.
  private func refusal(_ bytes: [UInt8], in folder: TemporaryFolder) -> String? {
    let path = folder.file("tried.tar")
    TemporaryFolder.write(bytes, to: path)
    do throws(BackupError) {
      var reader = try BackupReader.open(path)
      while try reader.next() != nil { try reader.copy { (_) throws(BackupError) in } }
      try reader.finish()
      return nil
    } catch {
      #expect(error.code == .malformed || error.code == .newer, "\(error)")
      return error.reason
    }
  }

  @Test func `a changed byte is found wherever it stands`() throws {
    let site = try BackupSite(seed: 21, length: 30)
    _ = site.putBlob(Array("weights".utf8))
    try site.backUp()
    let bytes = try #require(TemporaryFolder.read(site.file))
    #expect(refusal(bytes, in: site.folder) == nil)
    // Of the headers and small members before the database and of all after it every fourth byte,
    // which is one of each field; within the database and the stored file, whose digests cover them,
    // every 389th.
    let start = try #require(bytes.firstRange(of: Array("jobledger-backup/data.mdb".utf8)))
    let end = bytes.count - 6 * 512
    var tried = 0
    for index in bytes.indices
    where index % 389 == 0 || index % 4 == 0 && (index < start + 600 || index >= end) {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index / 4 % 8)
      #expect(refusal(changed, in: site.folder) != nil, "byte \(index)")
      tried += 1
    }
    #expect(tried > 1000)
  }

  @Test func `a backup that is cut anywhere is refused, and so is one with something behind it`()
    throws
  {
    let site = try BackupSite(seed: 22, length: 30)
    try site.backUp()
    let bytes = try #require(TemporaryFolder.read(site.file))
    for length in stride(from: 0, to: bytes.count, by: 256) {
      #expect(refusal(Array(bytes[..<length]), in: site.folder) != nil, "\(length) bytes")
    }
    #expect(refusal(Array(bytes.dropLast()), in: site.folder) != nil)
    #expect(refusal(bytes + [0], in: site.folder) != nil)
    #expect(refusal(bytes + [UInt8](repeating: 0, count: 512), in: site.folder) != nil)
  }

  /// The members of a backup with headers and padding, to be put together in another way.
  private func members(_ bytes: [UInt8]) throws -> [(header: TarHeader, all: [UInt8])] {
    var members: [(header: TarHeader, all: [UInt8])] = []
    var offset = 0
    while offset < bytes.count - 1024 {
      let header = try #require(TarHeader(Array(bytes[offset..<offset + 512])))
      let end = offset + 512 + Int(header.size) + TarHeader.padding(after: header.size)
      members.append((header, Array(bytes[offset..<end])))
      offset = end
    }
    return members
  }

  @Test func `members of another name, kind, order or size are refused, whatever their sums say`()
    throws
  {
    let site = try BackupSite(seed: 23, length: 30)
    _ = site.putBlob([1])
    _ = site.putBlob([2])
    try site.backUp()
    let members = try members(try #require(TemporaryFolder.read(site.file)))
    let end = [UInt8](repeating: 0, count: 1024)
    func file(_ pieces: [[UInt8]]) -> [UInt8] { pieces.reduce([], +) + end }
    #expect(refusal(file(members.map(\.all)), in: site.folder) == nil)
    let time = members[0].header.time
    func stranger(_ name: String, size: UInt64 = 0, kind: Character = "0", link: String = "")
      -> [UInt8]
    {
      var header = TarHeader(name: name, size: size, time: time).bytes
      header[156] = kind.asciiValue!
      for (index, byte) in link.utf8.enumerated() { header[157 + index] = byte }
      let sum = header.enumerated().reduce(0) {
        $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
      }
      let text = Array((String(repeating: "0", count: 6) + String(sum, radix: 8)).suffix(6).utf8)
      header.replaceSubrange(148..<154, with: text)
      return header
    }
    let hostile = [
      stranger("jobledger-backup/../../etc/cron.d/x"), stranger("/etc/passwd"),
      stranger("jobledger-backup/blobs/sha256/aa/../../../keys/log"),
      stranger("jobledger-backup/keys/log", kind: "2", link: "/etc/shadow"),
      stranger("jobledger-backup/keys/log", kind: "1", link: "../../x"),
      stranger("jobledger-backup/dir/", kind: "5"), stranger("jobledger-backup/dev", kind: "3"),
      stranger("jobledger-backup/keys/log", size: 33), stranger("jobledger-backup/keys/other"),
      stranger("jobledger-backup/data.mdb", size: 1 << 61),
      stranger("jobledger-backup/data.mdb", size: 1 << 40),
      stranger("jobledger-backup/blobs/sha256/aa/\(String(repeating: "b", count: 64))"),
      stranger("jobledger-backup/x", kind: "x"), stranger("jobledger-backup/L", kind: "L"),
    ]
    for (index, header) in hostile.enumerated() {
      for place in 1..<members.count {
        var pieces = members.map(\.all)
        pieces.insert(header, at: place)
        #expect(refusal(file(pieces), in: site.folder) != nil, "\(index) at \(place)")
      }
    }
    for first in members.indices {
      var without = members.map(\.all)
      without.remove(at: first)
      // Even one with sums that agree would lack what nothing can be restored without.
      #expect(refusal(file(without), in: site.folder) != nil, "without \(first)")
      var twice = members.map(\.all)
      twice.insert(twice[first], at: first)
      #expect(refusal(file(twice), in: site.folder) != nil, "\(first) twice")
      for second in members.indices where second > first {
        var swapped = members.map(\.all)
        swapped.swapAt(first, second)
        #expect(refusal(file(swapped), in: site.folder) != nil, "\(first) and \(second)")
      }
    }
    #expect(TemporaryFolder.names(in: site.folder.path) == ["backup.tar", "ledger", "tried.tar"])
  }

  @Test func `a backup in which something is missing is refused even if its sums agree`() throws {
    let site = try BackupSite(seed: 24, length: 30)
    try site.backUp()
    let members = try members(try #require(TemporaryFolder.read(site.file)))
    for left in ["keys/request", "data.mdb", "keys/log"] {
      var sums: [UInt8] = []
      var bytes: [UInt8] = []
      for (header, all) in members.dropLast() where !header.name.hasSuffix("/" + left) {
        let content = all[512..<512 + Int(header.size)]
        let member = try #require(BackupMember(archived: header.name))
        sums += member.sumLine(Digest(MerkleTree.sha256(Array(content))))
        bytes += all
      }
      let name = BackupMember.folder + BackupMember.sums.name
      bytes +=
        TarHeader(
          name: name, size: UInt64(sums.count), time: members[0].header.time
        ).bytes
      bytes += sums
      bytes += [UInt8](
        repeating: 0, count: TarHeader.padding(after: UInt64(sums.count)) + 1024)
      #expect(refusal(bytes, in: site.folder) != nil, "without \(left)")
    }
  }

  @Test func `what is no backup at all is said to be none`() throws {
    let folder = TemporaryFolder()
    for bytes in [[], [0x1F, 0x8B], [UInt8](repeating: 0, count: 10_240), Array("{}".utf8)] {
      #expect(refusal(bytes, in: folder)?.contains("no backup") == true)
    }
    mkdir(folder.file("directory"), 0o700)
    symlink("/etc/passwd", folder.file("link"))
    mkfifo(folder.file("fifo"), 0o600)
    for (name, expected) in [("directory", Int32(65)), ("link", 77), ("fifo", 65), ("none", 66)] {
      let found = status { () throws(BackupError) in _ = try BackupReader.open(folder.file(name)) }
      #expect(found == expected, "\(name)")
    }
  }

  @Test func `tar and Python read a backup, and sha256sum agrees with its sums`() throws {
    let site = try BackupSite(seed: 25, length: 60)
    let blob = site.putBlob(Array("weights".utf8))
    let made = try site.backUp()
    let script = """
      import hashlib, io, json, subprocess, sys, tarfile
      path = sys.stdin.read().strip()
      tar = tarfile.open(path)
      names = tar.getnames()
      assert all(m.isreg() and m.mode == 0o600 and m.uid == 0 for m in tar.getmembers()), names
      sums = tar.extractfile("jobledger-backup/SHA256SUMS").read().decode().splitlines()
      for line in sums:
          digest, name = line.split("  ")
          data = tar.extractfile("jobledger-backup/" + name).read()
          assert hashlib.sha256(data).hexdigest() == digest, name
      assert len(sums) == len(names) - 1
      listed = subprocess.run(["tar", "tf", path], capture_output=True, text=True, check=True)
      assert listed.stdout.split() == names and not listed.stderr, listed
      about = json.loads(tar.extractfile("jobledger-backup/backup.json").read())
      print(about["size"], about["root"], hashlib.sha256(open(path, "rb").read()).hexdigest(),
            names[-2])
      """
    let answer = try PythonOracle.run(script, input: Array((site.file + "\n").utf8))
    #expect(
      String(decoding: answer, as: UTF8.self)
        == "\(made.manifest.size.value) \(made.manifest.root.base64) \(made.digest.hex) "
        + "jobledger-backup/blobs/sha256/\(blob.hex.prefix(2))/\(blob.hex)\n")
  }

  @Test func `sizes that octal digits cannot hold are read as Python's tarfile reads them`() throws
  {
    for size in [0, 1, 511, 8_589_934_591, 8_589_934_592, 1 << 40, 1 << 61] as [UInt64] {
      let header = TarHeader(name: "jobledger-backup/data.mdb", size: size, time: 1_800_000_000)
      #expect(TarHeader(header.bytes) == header)
      let script = """
        import sys, tarfile
        info = tarfile.TarInfo.frombuf(sys.stdin.buffer.read(512), "ascii", "strict")
        print(info.name, info.size, info.mtime, info.mode)
        """
      let answer = try PythonOracle.run(script, input: header.bytes)
      #expect(
        String(decoding: answer, as: UTF8.self)
          == "jobledger-backup/data.mdb \(size) 1800000000 384\n")
    }
  }
}

extension [UInt8] {
  /// Where these bytes occur first.
  fileprivate func firstRange(of wanted: [UInt8]) -> Int? {
    indices.first { at in
      at + wanted.count <= count && self[at..<at + wanted.count].elementsEqual(wanted)
    }
  }
}

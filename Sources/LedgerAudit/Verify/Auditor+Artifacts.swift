// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerCodec
import LedgerDomain
import LedgerReading
import Transparency

// The stored files that events name: present, of the right size, with the right digest.

/// A list of files that an event names.
struct ArtifactList: Hashable {
  var digest: Digest
  var count: UInt64
  var bytes: UInt64
  var position: UInt64
}

extension Auditor {
  func noteArtifacts(of event: Event) {
    // What was erased and then made again is there by right.
    if !erasures.artifacts.isEmpty {
      for digest in event.fact.blobs where erasures.artifacts[digest] != nil {
        namedAgain.insert(digest)
      }
    }
    let files: FilesDigest
    switch event.fact {
    case .versionTrained(let fact), .versionImported(let fact): files = fact.artifacts
    case .predictionCompleted(let fact), .runCompleted(let fact): files = fact.outputs
    default: return
    }
    artifacts.append(
      ArtifactList(
        digest: files.digest, count: files.count, bytes: files.bytes,
        position: event.position.value))
  }

  func checkArtifacts() {
    var seen: Set<Digest> = []
    for (index, list) in artifacts.enumerated() {
      progress("verifying artifacts", UInt64(index), UInt64(artifacts.count))
      let isNew = seen.insert(list.digest).inserted
      if isNew { check(list, &seen) } else { noteNamedAgain(list) }
    }
    for (digest, position) in erasures.artifacts where !namedAgain.contains(digest) {
      if statusOfLink(directory.blobFile(digest)) != nil {
        log.add(
          .artifactNotErased, position.value,
          "#\(position.value) says that \(digest) was erased, and it is still there")
      }
    }
  }

  /// Notes the erased files of a list that an event names after their erasure.
  private func noteNamedAgain(_ list: ArtifactList) {
    guard !erasures.artifacts.isEmpty,
      let files = BlobReader(directory).list(list.digest)
    else { return }
    for file in files { noteNamedAgain(file, at: list.position) }
  }

  private func noteNamedAgain(_ file: JSONValue, at position: UInt64) {
    guard let digest = file.object?["digest"]?.text.flatMap({ Digest($0.string) }),
      let erased = erasures.artifacts[digest], erased.value < position
    else { return }
    namedAgain.insert(digest)
  }

  /// The longest list that is read.
  private static let listLimit = 1 << 28

  private func check(_ list: ArtifactList, _ seen: inout Set<Digest>) {
    let name = "the list of files \(list.digest) that #\(list.position) names"
    let path = directory.blobFile(list.digest)
    let bytes: [UInt8]
    do throws(DirectoryError) {
      bytes = try DurableFile.read(path, limit: Auditor.listLimit, for: "verify")
    } catch {
      if error.code == .notFound {
        if erasures.artifacts[list.digest] != nil { return }
        return log.add(.artifactMissing, list.position, "\(name) is missing")
      }
      return log.add(.artifactWrong, list.position, "\(name) cannot be read: \(error.reason)")
    }
    report.checked.artifacts += 1
    guard Digest(MerkleTree.sha256(bytes)) == list.digest else {
      return log.add(.artifactWrong, list.position, "\(name) has another digest")
    }
    guard let files = try? CanonicalJSON.decode(bytes).array else {
      return log.add(.artifactWrong, list.position, "\(name) is no canonical JSON array")
    }
    var sum: UInt64 = 0
    for value in files {
      guard let file = value.object, let size = file["bytes"]?.wholeNumber,
        let digest = file["digest"]?.text.flatMap({ Digest($0.string) })
      else {
        return log.add(.artifactWrong, list.position, "\(name) has an entry that is no file")
      }
      sum &+= size
      noteNamedAgain(value, at: list.position)
      if seen.insert(digest).inserted { check(digest, size, list.position) }
    }
    if UInt64(files.count) != list.count || sum != list.bytes {
      log.add(
        .artifactWrong, list.position,
        "\(name) has \(files.count) files of \(sum) bytes, and the event says \(list.count) of "
          + "\(list.bytes)")
    }
  }

  private func check(_ digest: Digest, _ size: UInt64, _ position: UInt64) {
    let name = "the file \(digest) of #\(position)"
    let file: Descriptor
    do throws(DirectoryError) {
      file = try Descriptor.open(
        directory.blobFile(digest), O_RDONLY | O_NONBLOCK, for: "verify")
    } catch {
      if error.systemError == ENOENT {
        if erasures.artifacts[digest] != nil { return }
        return log.add(.artifactMissing, position, "\(name) is missing")
      }
      return log.add(.artifactWrong, position, "\(name) cannot be read: \(error.reason)")
    }
    report.checked.artifacts += 1
    var running = RunningDigest()
    var offset = 0
    while let piece = file.read(1 << 20, at: offset) {
      if piece.isEmpty {
        if UInt64(offset) != size || Digest(running.finish()) != digest {
          log.add(.artifactWrong, position, "\(name) has another size or digest")
        }
        return
      }
      piece.withUnsafeBytes { running.update($0) }
      offset += piece.count
    }
    log.add(.artifactWrong, position, "\(name) cannot be read to its end")
  }
}

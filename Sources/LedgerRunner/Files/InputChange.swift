// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import LedgerDomain

/// An input that is no longer what was digested when its job began, or was written to since.
struct InputChange: Equatable, Sendable {
  /// Its name in the manifest.
  var name: Name
  /// Whether other bytes are in it, or were for some time as far as anybody can tell.
  var isDoubtful: Bool
  /// What happened, for people.
  var words: String
}

extension Inputs {
  /// What became of the inputs since they were digested, in the order of their names; what is as it
  /// was is left out.
  ///
  /// Cost: a call of stat for each file; only what has another stamp and the same size is read.
  func changes() -> [InputChange] {
    inputs.compactMap { input in
      guard let stamp = input.stamp else { return nil }
      func change(_ words: String, isDoubtful: Bool = true) -> InputChange {
        InputChange(
          name: input.name, isDoubtful: isDoubtful,
          words: "the input '\(input.name)' (\(input.value)) \(words)")
      }
      do throws(FilesError) {
        let now = try InputStamp(input.value)
        if now == stamp { return nil }
        let differences = stamp.differences(to: now)
        if let first = differences.first {
          let path = String(decoding: first.path, as: UTF8.self)
          let more = differences.count > 1 ? " (and \(differences.count - 1) more)" : ""
          return change(
            "changed while the job ran: \(path.isEmpty ? "it" : path) \(first.words)\(more)")
        }
        let before = input.digest
        let after = try Inputs.digest(
          [input.name: input.value], projectFolder: "/"
        ).inputs.first?.digest
        guard before == after else {
          return change(
            "changed while the job ran: it was \(before?.description ?? "unknown") and is "
              + "\(after?.description ?? "unknown") now")
        }
        return now.isWritten(since: stamp)
          ? change(
            "was written to while the job ran: the bytes in it now are those that were recorded, "
              + "and what the job read is not known")
          : change(
            "had its rights or links changed while the job ran; its bytes are the same",
            isDoubtful: false)
      } catch {
        return error.code == .missing
          ? change("is gone: it was removed while the job ran")
          : change("can no longer be read as it was when the job started: \(error)")
      }
    }
  }
}

extension Inputs.Input {
  /// What it was when it was digested; nil for what is elsewhere.
  fileprivate var digest: Digest? {
    switch content {
    case .file(_, let digest): digest
    case .folder(let files): files.digest
    case .uri: nil
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

extension Policy {
  /// Somebody, or some place, that keeps checkpoints where the ledger's owner cannot change them.
  public struct Anchor: Hashable, Sendable {
    /// How a checkpoint gets there.
    public enum Way: Hashable, Sendable {
      /// A file elsewhere, replaced by each later checkpoint.
      case file(Text)
      /// A program that takes the note on its standard input: an argument vector.
      case command([Text])
      /// A time stamp by RFC 3161, fetched from a URL or by a program that turns a query into a
      /// reply; `authority` is the file of the certificates that it is checked against.
      case timestamp(source: TimestampSource, authority: Text)
      /// A witness (c2sp.org/tlog-witness) at a URL, and the vkey of its cosignatures.
      case witness(url: Text, vkey: Text)
    }

    /// Where time stamps come from.
    public enum TimestampSource: Hashable, Sendable {
      /// A server, asked by HTTP.
      case url(Text)
      /// A program that reads the query and prints the reply.
      case command([Text])
    }

    /// Its name, that of its receipts.
    public var name: Name
    /// How a checkpoint gets there.
    public var way: Way
    /// The least time between two checkpoints that it is given, in seconds.
    public var everySeconds: UInt32

    /// Gathers the members.
    public init(name: Name, way: Way, everySeconds: UInt32? = nil) {
      self.name = name
      self.way = way
      self.everySeconds = everySeconds ?? way.everySeconds
    }

    /// The words that are addresses, paths and arguments.
    var words: [Text] {
      switch way {
      case .file(let path): [path]
      case .command(let arguments): arguments
      case .timestamp(.url(let url), let authority): [url, authority]
      case .timestamp(.command(let arguments), let authority): arguments + [authority]
      case .witness(let url, let vkey): [url, vkey]
      }
    }
  }
}

extension Policy.Anchor.Way {
  /// How often, where the policy does not say: a file and a witness at each checkpoint, programs
  /// and time stamps once an hour.
  public var everySeconds: UInt32 {
    switch self {
    case .file, .witness: 0
    case .command, .timestamp: 3600
    }
  }
}

extension Policy.Anchor {
  /// Refuses what cannot be stored or run.
  func check() throws(Refusal) {
    for text in words {
      guard !text.isBlank, text.string.utf8.count <= 4096, !text.string.utf8.contains(0) else {
        throw .invalid("what the anchor \(name) names is empty or too long")
      }
    }
    switch way {
    case .command(let arguments), .timestamp(.command(let arguments), _):
      guard (1...64).contains(arguments.count) else {
        throw .invalid("the command of the anchor \(name) has 1 to 64 words")
      }
    case .witness(let url, _), .timestamp(.url(let url), _):
      let isWeb = ["http://", "https://"].contains { url.string.utf8.starts(with: $0.utf8) }
      // A user and password would be in the events for ever.
      guard isWeb, !url.string.utf8.contains(UInt8(ascii: "@")),
        url.string.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
      else {
        throw .invalid(
          "the address of the anchor \(name) begins with http:// or https:// and names no user")
      }
    case .file: break
    }
  }
}

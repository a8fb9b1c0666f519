// SPDX-License-Identifier: Apache-2.0

/// The forms by which secrets are told.
enum SecretForms {
  /// Tokens with a telling prefix: the prefix, the least length of the rest, and what it consists
  /// of. Sources: the issuers' documentation of their formats.
  private struct Prefix {
    var text: StaticString
    var least: Int
    /// Whether only capitals and digits may follow.
    var capitals = false
  }

  private static let prefixes: [Prefix] = [
    Prefix(text: "AKIA", least: 16, capitals: true),  // AWS access key id
    Prefix(text: "ASIA", least: 16, capitals: true),  // AWS temporary key id
    Prefix(text: "ghp_", least: 30), Prefix(text: "gho_", least: 30),  // GitHub
    Prefix(text: "ghu_", least: 30), Prefix(text: "ghs_", least: 30),
    Prefix(text: "ghr_", least: 30), Prefix(text: "github_pat_", least: 22),
    Prefix(text: "glpat-", least: 20),  // GitLab
    Prefix(text: "xoxb-", least: 10), Prefix(text: "xoxa-", least: 10),  // Slack
    Prefix(text: "xoxp-", least: 10), Prefix(text: "xoxr-", least: 10),
    Prefix(text: "xoxs-", least: 10), Prefix(text: "xapp-", least: 10),
    Prefix(text: "sk-", least: 20), Prefix(text: "sk_live_", least: 16),  // OpenAI, Stripe
    Prefix(text: "sk_test_", least: 16), Prefix(text: "rk_live_", least: 16),
    Prefix(text: "hf_", least: 30),  // Hugging Face
    Prefix(text: "AIza", least: 35), Prefix(text: "ya29.", least: 20),  // Google
    Prefix(text: "npm_", least: 36), Prefix(text: "pypi-", least: 50),  // registries
    Prefix(text: "dckr_pat_", least: 20), Prefix(text: "dapi", least: 32),  // Docker, Databricks
    Prefix(text: "SG.", least: 40), Prefix(text: "eyJ", least: 40),  // SendGrid, JWT
  ]

  /// Whether what this names is secret: `password`, `api_key`, `aws-secret-access-key`; not
  /// `max_tokens`, `pad_token`, `keyboard`.
  static func isSecretKey(_ key: [UInt8]) -> Bool {
    guard key.count <= 128 else { return false }
    let plain = key.filter { $0.isLetter || $0.isDigit }.map { $0.isUpper ? $0 | 32 : $0 }
    let exact: [StaticString] = [
      "pw", "pwd", "pass", "token", "auth", "secret", "secrets", "authorization", "credential",
      "credentials", "accountkey", "sas", "dsn",
    ]
    if exact.contains(where: { equals(plain, $0) }) { return true }
    let inside: [StaticString] = [
      "password", "passwd", "passphrase", "secretkey", "secretaccess", "clientsecret", "apikey",
      "accesskey", "privatekey", "signingkey", "encryptionkey", "connectionstring", "authtoken",
      "accesstoken",
    ]
    if inside.contains(where: { contains(plain, $0) }) || ends(plain, "secret") { return true }
    // The tokens of language models are words, not keys.
    let words: [StaticString] = [
      "padtoken", "unktoken", "eostoken", "bostoken", "masktoken", "septoken", "clstoken",
      "maxtoken", "mintoken", "numtoken", "ntoken", "specialtoken", "starttoken", "endtoken",
      "stoptoken", "newtoken", "nexttoken", "pertoken", "imagetoken", "prompttoken", "subtoken",
      "firsttoken", "lasttoken",
    ]
    return ends(plain, "token") && !words.contains { ends(plain, $0) }
  }

  /// Where secrets stand in a text, in order, apart.
  static func ranges(_ text: UnsafeRawBufferPointer) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var index = 0
    while index < text.count {
      if let range = secret(text, at: index), !range.isEmpty {
        found.append(range)
        index = range.upperBound
      } else {
        index += 1
      }
    }
    return found
  }

  /// A secret that a form starting at `index` gives away.
  private static func secret(_ text: UnsafeRawBufferPointer, at index: Int) -> Range<Int>? {
    let byte = text[index]
    let startsWord = index == 0 || !text[index - 1].isWord
    if byte == UInt8(ascii: "-"), text.has("-----BEGIN ", at: index) {
      return privateKey(text, index)
    }
    if byte == UInt8(ascii: ":"), text.has("://", at: index) { return userInfo(text, index + 3) }
    guard startsWord, byte.isLetter else { return nil }
    if byte | 32 == UInt8(ascii: "b"), let range = bearer(text, index) { return range }
    for prefix in prefixes where text.has(prefix.text, at: index) {
      let first = index + prefix.text.utf8CodeUnitCount
      var end = first
      while end < text.count, isToken(text[end]),
        !prefix.capitals || text[end].isUpper || text[end].isDigit
      {
        end += 1
      }
      if end - first >= prefix.least, prefix.capitals || looksRandom(text, first..<end) {
        return index..<end
      }
    }
    // Within `pad-token` no key begins at `token`.
    let joined =
      index >= 2 && (text[index - 1] == 0x2D || text[index - 1] == 0x2E)
      && text[index - 2].isWord
    return joined ? nil : assignment(text, index)
  }

  /// `-----BEGIN … PRIVATE KEY-----` up to its end, or to the end of the text.
  private static func privateKey(_ text: UnsafeRawBufferPointer, _ index: Int) -> Range<Int>? {
    var line = index
    while line < text.count, text[line] != 10, line - index < 80 {
      if text.has("PRIVATE KEY-----", at: line) {
        var end = line
        while end < text.count {
          if text.has("-----END ", at: end) {
            end += 9
            while end < text.count, text[end] != 10, !text.has("-----", at: end) { end += 1 }
            return index..<min(end + 5, text.count)
          }
          end += 1
        }
        return index..<text.count
      }
      line += 1
    }
    return nil
  }

  /// The password of `scheme://user:password@host`, from the byte after `://`.
  private static func userInfo(_ text: UnsafeRawBufferPointer, _ start: Int) -> Range<Int>? {
    var index = start
    var colon: Int?
    var at: Int?
    while index < text.count {
      let byte = text[index]
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
        || byte <= 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      {
        break
      }
      if byte == UInt8(ascii: ":"), colon == nil { colon = index }
      if byte == UInt8(ascii: "@") { at = index }
      index += 1
    }
    guard let colon, let at, colon < at else { return nil }
    return (colon + 1)..<at
  }

  /// What follows `Bearer ` or `Basic `, when it is long enough to be a credential.
  private static func bearer(_ text: UnsafeRawBufferPointer, _ index: Int) -> Range<Int>? {
    guard let length = scheme(text, index) else { return nil }
    let first = index + length
    var end = first
    var special = false
    while end < text.count,
      isToken(text[end]) || text[end] == UInt8(ascii: "/")
        || text[end] == UInt8(ascii: "=") || text[end] == UInt8(ascii: "+")
    {
      if !text[end].isLetter { special = true }
      end += 1
    }
    // "bearer certificates" and "basic statistics" are words.
    return end - first >= 8 && special ? first..<end : nil
  }

  /// The length of a scheme of HTTP authentication at `index`, its space included.
  private static func scheme(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
    let rest = UnsafeRawBufferPointer(rebasing: text[index...])
    if LevelWords.matches(.init(rebasing: rest.prefix(7)), "bearer ") { return 7 }
    if LevelWords.matches(.init(rebasing: rest.prefix(6)), "basic ") { return 6 }
    return nil
  }

  /// The value in `password=…`, `--api-key=…`, `"secret": "…"`, `token: …`.
  private static func assignment(_ text: UnsafeRawBufferPointer, _ index: Int) -> Range<Int>? {
    var end = index
    while end < text.count, text[end].isWord || text[end] == 0x2D || text[end] == 0x2E {
      end += 1
    }
    guard end - index >= 2, end < text.count, isSecretKey(Array(text[index..<end])) else {
      return nil
    }
    var next = end
    if text[next] == 0x22 || text[next] == 0x27 { next += 1 }
    while next < text.count, text[next] == 0x20 { next += 1 }
    guard next < text.count, text[next] == 0x3D || text[next] == 0x3A else { return nil }
    let isColon = text[next] == 0x3A
    next += 1
    while next < text.count, text[next] == 0x20 { next += 1 }
    guard next < text.count, !(isColon && text.has("//", at: next)) else { return nil }
    if text[next] == 0x22 || text[next] == 0x27 {
      let quote = text[next]
      let first = next + 1
      var last = first
      while last < text.count, text[last] != quote { last += text[last] == 0x5C ? 2 : 1 }
      return first..<min(last, text.count)
    }
    // `Authorization: Bearer abc`: the scheme is no secret, what follows is.
    if let length = scheme(text, next) { next += length }
    var last = next
    while last < text.count, text[last] > 0x20, text[last] != 0x2C, text[last] != 0x3B,
      text[last] != 0x26, text[last] != 0x7D, text[last] != 0x5D
    {
      last += 1
    }
    // The end of a quotation around the whole, as in 'password: x'.
    if last > next, text[last - 1] == 0x22 || text[last - 1] == 0x27 { last -= 1 }
    return next..<last
  }

  /// Whether it is no name of words: digits among letters of both cases, or long hexadecimal.
  private static func looksRandom(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    let rest = text[range]
    guard rest.contains(where: \.isDigit) else { return false }
    if rest.contains(where: \.isUpper), rest.contains(where: { $0.isLetter && !$0.isUpper }) {
      return true
    }
    return rest.count >= 32
      && rest.allSatisfy { $0.isDigit || ($0.isLetter && $0 | 32 <= UInt8(ascii: "f")) }
  }

  /// Characters of tokens: base64url, dots.
  private static func isToken(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || byte == 0x2D || byte == 0x5F || byte == 0x2E
  }

  private static func equals(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    bytes.count == text.utf8CodeUnitCount && bytes.withUnsafeBytes { $0.has(text) }
  }

  private static func contains(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    bytes.withUnsafeBytes { $0.find(text, within: $0.count) }
  }

  private static func ends(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    bytes.withUnsafeBytes { $0.ends(with: text) }
  }
}

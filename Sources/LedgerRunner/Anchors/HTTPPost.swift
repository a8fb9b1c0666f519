// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// One POST over HTTP, in bounded time and room: enough for witnesses and time stamps.
///
/// `http://` is spoken here, in version 1.0, so that an answer ends with the connection or its
/// stated length. `https://` is left to `curl`, which knows certificates. No redirection is
/// followed.
struct HTTPPost {
  /// What came back.
  struct Answer {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]
  }

  /// Why nothing usable came back.
  enum Failure: Error, Equatable, CustomStringConvertible {
    case badAddress
    case unreachable(String)
    case timeout
    case garbled
    case tooLarge(Int)
    case helper(String)

    var description: String {
      switch self {
      case .badAddress: "the address cannot be used"
      case .unreachable(let why): "nobody answers there: \(why)"
      case .timeout: "it did not answer in time"
      case .garbled: "it answered what is no HTTP"
      case .tooLarge(let limit): "it answered more than \(limit) bytes"
      case .helper(let why): "curl: \(why)"
      }
    }
  }

  var url: String
  var contentType: String
  var limit = 256 * 1024
  var patience: Duration = .seconds(20)
  var environment: [String: String]

  func send(_ body: [UInt8]) throws(Failure) -> Answer {
    if url.utf8.starts(with: "https://".utf8) { return try curl(body) }
    guard let (host, port, path) = HTTPPost.split(url) else { throw .badAddress }
    let deadline = ContinuousClock.now + patience
    let socket = try HTTPPost.connect(host, port, deadline)
    defer { close(socket) }
    let authority = host.utf8.contains(0x3A) ? "[\(host)]" : host
    let head =
      "POST \(path) HTTP/1.0\r\nHost: \(authority):\(port)\r\nUser-Agent: jobledger\r\n"
      + "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    try HTTPPost.write(Array(head.utf8) + body, socket, deadline)
    return try HTTPPost.parse(try read(socket, deadline))
  }

  /// The same by `curl`, whose answer has the same form.
  private func curl(_ body: [UInt8]) throws(Failure) -> Answer {
    let program = HelperProgram(
      arguments: [
        "curl", "--silent", "--show-error", "--include", "--suppress-connect-headers", "--http1.1",
        "--max-time", "\(patience.milliseconds / 1000)", "--max-filesize", "\(limit)",
        "--proto", "=https", "-H", "Content-Type: \(contentType)", "-H", "Expect:",
        "--data-binary", "@-", "--", url,
      ], folder: "/", environment: environment, limit: limit + 65_536,
      patience: patience + .seconds(5))
    let answer: HelperProgram.Answer
    do throws(HelperProgram.Failure) { answer = try program.run(body) } catch {
      throw .helper("\(error)")
    }
    guard answer.exit == 0 else {
      throw .helper(String(decoding: answer.stderr.prefix(200), as: UTF8.self))
    }
    return try HTTPPost.parse(answer.stdout)
  }

  // MARK: Parts

  /// Host, port and path of `http://host[:port]/path`.
  static func split(_ url: String) -> (host: String, port: UInt16, path: String)? {
    let scheme = "http://"
    guard url.utf8.starts(with: scheme.utf8) else { return nil }
    let rest = Array(url.utf8.dropFirst(scheme.utf8.count))
    let slash = rest.firstIndex(of: 0x2F) ?? rest.endIndex
    var authority = rest[..<slash]
    let path = slash == rest.endIndex ? "/" : String(decoding: rest[slash...], as: UTF8.self)
    var host: ArraySlice<UInt8>
    if authority.first == UInt8(ascii: "["), let end = authority.firstIndex(of: 0x5D) {
      host = authority[1..<end]
      authority = authority[(end + 1)...]
      guard authority.isEmpty || authority.first == 0x3A else { return nil }
    } else {
      let colon = authority.firstIndex(of: 0x3A) ?? authority.endIndex
      host = authority[..<colon]
      authority = authority[colon...]
    }
    var port: UInt16 = 80
    if let digits = authority.dropFirst().first.map({ _ in authority.dropFirst() }) {
      guard let number = UInt16(String(decoding: digits, as: UTF8.self)), number > 0 else {
        return nil
      }
      port = number
    }
    guard !host.isEmpty else { return nil }
    return (String(decoding: host, as: UTF8.self), port, path)
  }

  private static func connect(
    _ host: String, _ port: UInt16, _ deadline: ContinuousClock.Instant
  ) throws(Failure) -> Int32 {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0 else { throw .unreachable(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(list) }
    var reason = "it has no address"
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      let number = socket(
        entry.ai_family, entry.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), entry.ai_protocol)
      guard number >= 0, clinux_set_nonblocking(number) == 0 else { continue }
      if Glibc.connect(number, entry.ai_addr, entry.ai_addrlen) == 0 { return number }
      if errno == EINPROGRESS, wait(number, POLLOUT, deadline) {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &length)
        if error == 0 { return number }
        errno = error
      } else if errno == EINPROGRESS {
        errno = ETIMEDOUT
      }
      reason = SystemFailure.words(for: errno)
      close(number)
    }
    throw .unreachable(reason)
  }

  private static func wait(
    _ number: Int32, _ events: Int32, _ deadline: ContinuousClock.Instant
  ) -> Bool {
    while true {
      let left = (deadline - ContinuousClock.now).milliseconds
      guard left > 0 else { return false }
      var event = pollfd(fd: number, events: Int16(events), revents: 0)
      let count = poll(&event, 1, Int32(clamping: left))
      if count > 0 { return true }
      if count < 0, errno != EINTR { return false }
    }
  }

  private static func write(
    _ bytes: [UInt8], _ number: Int32, _ deadline: ContinuousClock.Instant
  ) throws(Failure) {
    var sent = 0
    while sent < bytes.count {
      guard wait(number, POLLOUT, deadline) else { throw .timeout }
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          number, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      // A server may answer before it has read everything: what it says counts.
      guard count > 0 else { return }
      sent += count
    }
  }

  private func read(
    _ number: Int32, _ deadline: ContinuousClock.Instant
  ) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      guard HTTPPost.wait(number, POLLIN, deadline) else { throw .timeout }
      let count = recv(number, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else {
        guard count == 0 || !bytes.isEmpty else {
          throw .unreachable(SystemFailure.words(for: errno))
        }
        return bytes
      }
      bytes += buffer[..<count]
      guard bytes.count <= limit + 65_536 else { throw .tooLarge(limit) }
      if HTTPPost.isComplete(bytes) { return bytes }
    }
  }

  /// Whether head and stated length have arrived, so that nobody waits for the end of a connection
  /// that is kept open.
  private static func isComplete(_ bytes: [UInt8]) -> Bool {
    guard let answer = try? parse(bytes), let length = answer.headers["content-length"],
      let count = Int(length)
    else { return false }
    return answer.body.count >= count
  }

  static func parse(_ bytes: [UInt8]) throws(Failure) -> Answer {
    let blank: [UInt8] = [13, 10, 13, 10]
    guard let end = bytes.firstRange(of: blank) else { throw .garbled }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
      let status = Int(words[1])
    else { throw .garbled }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { throw .garbled }
      let value = line[line.index(after: colon)...]
      headers[line[..<colon].lowercased()] = String(
        decoding: value.utf8.drop { $0 == 0x20 || $0 == 0x09 }, as: UTF8.self)
    }
    var body = Array(bytes[end.upperBound...])
    if let length = headers["content-length"] {
      guard let count = Int(length), count >= 0 else { throw .garbled }
      body = Array(body.prefix(count))
    }
    return Answer(status: status, headers: headers, body: body)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Transparency

/// Why an agent gave no signature.
enum AgentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `SSH_AUTH_SOCK` is not set.
  case noAgent
  /// Nobody answers there.
  case unreachable(String, error: Int32)
  /// It did not answer in time.
  case timeout
  /// It does not hold the key, or whoever was asked said no.
  case refused
  /// It answered what is no signature by the key.
  case garbled

  /// One sentence without a full stop.
  var description: String {
    switch self {
    case .noAgent: "no ssh-agent is at hand: SSH_AUTH_SOCK is not set"
    case .unreachable(let path, let error):
      "the ssh-agent at '\(path)' does not answer: \(String(cString: strerror(error)))"
    case .timeout: "the ssh-agent did not answer in time"
    case .refused: "the ssh-agent does not hold the key, or refused to use it"
    case .garbled: "the ssh-agent answered what is no signature by the key"
    }
  }
}

/// An Ed25519 key that an `ssh-agent` holds: it is asked, the secret is never here.
struct AgentKey: Sendable {
  /// The public half.
  var publicKey: PublicKey
  /// How long the agent may take.
  var patienceSeconds: Int = 5

  /// Asks the agent, and checks what it answers.
  func signature(for message: [UInt8]) throws(AgentError) -> [UInt8] {
    let answer = try AgentKey.ask(
      AgentMessage.signRequest(message, by: publicKey), patienceSeconds)
    let signature: [UInt8]?
    do { signature = try AgentMessage.signature(in: answer) } catch { throw .garbled }
    guard let signature else { throw .refused }
    guard publicKey.isValidSignature(signature, for: message) else { throw .garbled }
    return signature
  }

  /// Finds out whether the agent signs with this key; what it signs is nothing.
  func probe() throws(AgentError) { _ = try signature(for: Array("jobledger".utf8)) }

  private static func ask(_ request: [UInt8], _ patience: Int) throws(AgentError) -> [UInt8] {
    guard let variable = getenv("SSH_AUTH_SOCK"), variable.pointee != 0 else { throw .noAgent }
    let path = String(cString: variable)
    let socket = try connect(path, patience)
    defer { close(socket) }
    var sent = 0
    while sent < request.count {
      let count = request.withUnsafeBytes {
        send(socket, $0.baseAddress! + sent, request.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      sent += count
    }
    let length = try receive(4, socket, path).reduce(0) { $0 << 8 | Int($1) }
    guard length > 0, length <= AgentMessage.byteLimit else { throw .garbled }
    return try receive(length, socket, path)
  }

  private static func connect(_ path: String, _ patience: Int) throws(AgentError) -> Int32 {
    var address = sockaddr_un()
    let name = Array(path.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw .unreachable(path, error: ENAMETOOLONG)
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let number = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw .unreachable(path, error: errno) }
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else {
      let error = errno
      close(number)
      throw .unreachable(path, error: error)
    }
    return number
  }

  private static func receive(
    _ count: Int, _ socket: Int32, _ path: String
  ) throws(AgentError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes {
        recv(socket, $0.baseAddress! + filled, count - filled, 0)
      }
      if got < 0, errno == EINTR { continue }
      guard got != 0 else { throw .garbled }
      guard got > 0 else { throw failure(path) }
      filled += got
    }
    return bytes
  }

  private static func failure(_ path: String) -> AgentError {
    errno == EAGAIN || errno == EWOULDBLOCK ? .timeout : .unreachable(path, error: errno)
  }
}

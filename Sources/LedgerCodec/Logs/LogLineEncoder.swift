// SPDX-License-Identifier: Apache-2.0

public import LedgerDomain

/// Writes the leaves and disclosures of one job's log lines, allocating nothing per line.
///
/// The bytes are those that ``EventCodec/encode(_:into:)`` and ``Disclosure/encode(into:)`` write.
public struct LogLineEncoder {
  private let writer: LogWriterBytes
  private let job: LogJobBytes
  private var time = TimeText()
  private var clock = TimeText()
  private var occurred = TimeText()

  /// Prepares what all lines of a job share; refuses an actor too long for a leaf.
  public init(actor: Actor, project: Name?, job: JobID) throws(CodecError) {
    self.writer = try LogWriterBytes(actor)
    self.job = try LogJobBytes(job: job, project: project)
  }

  /// Appends the disclosure of a message from its bytes as they were read.
  ///
  /// With `isBase64` they may be any bytes and are stored as padded base64; else they must be
  /// UTF-8, and are refused with the buffer as it was.
  public static func appendDisclosure(
    of message: UnsafeRawBufferPointer, isBase64: Bool, salt: Salt, to buffer: inout ByteBuffer
  ) throws(CodecError) {
    if !isBase64, !ByteScan.isUTF8(message) {
      throw CodecError(offset: 0, reason: .invalidUnicode)
    }
    buffer.reserve(message.count + 64)
    buffer.append("[")
    buffer.append(salt)
    buffer.append(",{\"")
    buffer.append(Wire.message)
    buffer.append("\":\"")
    if isBase64 {
      let count = Base64.standard.encodedCount(message.count)
      buffer.appendUpTo(count) { target in
        Base64.standard.encode(message, into: target)
        return count
      }
    } else {
      buffer.appendEscaped(utf8: message)
    }
    buffer.append("\"}]")
  }

  /// Appends the leaf of a line; on an error the buffer is as it was.
  public mutating func appendLeaf(
    _ line: LogLine, at position: Position, time: Timestamp, clock: Timestamp? = nil,
    occurred: Timestamp? = nil, text: Digest, to buffer: inout ByteBuffer
  ) throws(CodecError) {
    guard line.line > 0, line.part != 0, line.of != 0, time.isWritable,
      clock?.isWritable ?? true, occurred?.isWritable ?? true
    else { throw refusal(line, time, clock) }
    // Names, words and at most eight numbers and times: far below 1,024 bytes.
    let room = writer.bytes.count + job.jobBytes.count + job.projectBytes.count + 1024
    buffer.appendUpTo(room) { start in
      var out = ByteCursor(start)
      out.put(writer.bytes)
      if let clock {
        out.put(",\"", Wire.clock, "\":\"")
        out.put(clock, &self.clock)
        out.put("\"")
      }
      out.put(",\"", Wire.data, "\":{\"")
      put(line, to: &out)
      out.put("}")
      out.put(job.jobBytes)
      if let occurred {
        out.put(",\"", Wire.occurred, "\":\"")
        out.put(occurred, &self.occurred)
        out.put("\"")
      }
      out.put(",\"", Wire.position, "\":")
      out.putWide(position.value)
      out.put(job.projectBytes)
      out.put(",\"", Wire.text, "\":\"")
      ByteBuffer.write(base64url: text, to: out.target)
      out.target += 43
      out.put("\",\"", Wire.time, "\":\"")
      out.put(time, &self.time)
      out.put("\",\"", Wire.type, "\":\"")
      out.put(EventType.jobLogged.name)
      out.put("\",\"", Wire.v, "\":")
      out.put(EventType.jobLogged.version)
      out.put("}")
      return out.target - start
    }
  }

  @inline(__always)
  private func put(_ line: LogLine, to out: inout ByteCursor) {
    out.put(Wire.detector)
    out.put("\":")
    out.put(UInt64(line.detector))
    if line.isBase64 { out.put(",\"", Wire.encoding, "\":\"", Wire.base64, "\"") }
    if let end = line.end { out.put(",\"", Wire.end, "\":\"", end.wireName, "\"") }
    out.put(",\"", Wire.level, "\":\"", line.level.wireName, "\"")
    out.put(",\"", Wire.line, "\":")
    out.putWide(line.line)
    if let of = line.of {
      out.put(",\"", Wire.of, "\":")
      out.putWide(of)
    }
    if let part = line.part {
      out.put(",\"", Wire.part, "\":")
      out.put(UInt64(part))
    }
    if let skipped = line.skipped {
      out.put(",\"", Wire.skipped, "\":")
      out.putWide(skipped)
    }
    out.put(",\"", Wire.stream, "\":\"", line.stream.wireName, "\"")
  }

  @inline(never)
  private func refusal(_ line: LogLine, _ time: Timestamp, _ clock: Timestamp?) -> CodecError {
    func refused(_ member: StaticString, _ expected: String) -> CodecError {
      CodecError(
        offset: 0, reason: .invalidValue(member: member.description, expected: expected))
    }
    if line.line == 0 { return refused(Wire.line, "at least 1") }
    if line.part == 0 { return refused(Wire.part, "at least 1") }
    if line.of == 0 { return refused(Wire.of, "at least 1") }
    let member =
      !time.isWritable ? Wire.time : clock?.isWritable == false ? Wire.clock : Wire.occurred
    return refused(member, "in the years 0000 to 9999")
  }
}

/// Puts bytes one after the other where room was reserved.
private struct ByteCursor {
  var target: UnsafeMutablePointer<UInt8>

  init(_ target: UnsafeMutablePointer<UInt8>) { self.target = target }

  @inline(__always)
  mutating func put(_ literal: StaticString) {
    let count = literal.utf8CodeUnitCount
    UnsafeMutableRawPointer(target).copyMemory(from: literal.utf8Start, byteCount: count)
    target += count
  }

  @inline(__always)
  mutating func put(_ a: StaticString, _ b: StaticString, _ c: StaticString) {
    put(a)
    put(b)
    put(c)
  }

  @inline(__always)
  mutating func put(
    _ a: StaticString, _ b: StaticString, _ c: StaticString, _ d: StaticString, _ e: StaticString
  ) {
    put(a, b, c)
    put(d)
    put(e)
  }

  @inline(__always)
  mutating func put(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer {
      if let source = $0.baseAddress { target.update(from: source, count: $0.count) }
    }
    target += bytes.count
  }

  @inline(__always)
  mutating func put(_ value: UInt64) { target += Decimal.write(value, to: target) }

  /// A number that beyond 2^53−1 is the string of its digits.
  @inline(__always)
  mutating func putWide(_ value: UInt64) {
    if value <= 0x1f_ffff_ffff_ffff { return put(value) }
    put("\"")
    put(value)
    put("\"")
  }

  @inline(__always)
  mutating func put(_ time: Timestamp, _ text: inout TimeText) {
    text.write(time, to: target)
    target += 27
  }
}

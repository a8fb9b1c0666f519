// SPDX-License-Identifier: Apache-2.0
import Glibc
import LedgerDomain
import LedgerStorage
import Testing

@testable import LedgerRunner

@Suite struct CaptureTests {
  /// A capture of two pipes whose other ends the test writes to.
  private struct Pipes {
    let stdout: Pipe
    let stderr: Pipe
    let capture: Capture

    init(_ options: Capture.Options = Capture.Options()) throws {
      stdout = try Pipe()
      stderr = try Pipe()
      capture = try Capture.start(
        stdout: stdout.reader.take(), stderr: stderr.reader.take(), options: options)
    }

    func close() {
      stdout.writer.close()
      stderr.writer.close()
    }
  }

  private func put(_ text: String, _ descriptor: Int32) {
    let bytes = Array(text.utf8)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
  }

  @Test func `a line is there before the next is written`() throws {
    let pipes = try Pipes()
    for index in 1...20 {
      put(
        "line \(index)\n", index % 2 == 0 ? pipes.stdout.writer.number : pipes.stderr.writer.number)
      let batch = try #require(pipes.capture.nextBatch())
      #expect(Captured.all(batch).map { text($0.message) } == ["line \(index)"])
    }
    pipes.close()
    #expect(pipes.capture.nextBatch() == nil)
    #expect(pipes.capture.nextBatch() == nil)
  }

  @Test func `the taker may look after other things meanwhile`() throws {
    let pipes = try Pipes()
    guard case .nothingYet = pipes.capture.next(within: .milliseconds(1)) else {
      Issue.record("nothing was written")
      return
    }
    pipes.close()
    guard case .ended = pipes.capture.next(within: .seconds(60)) else {
      Issue.record("the streams have ended")
      return
    }
  }

  @Test func `draining ends a capture whose pipe somebody still holds, without losing a byte`()
    throws
  {
    let pipes = try Pipes()
    put("last words", pipes.stdout.writer.number)
    pipes.capture.endWhenDrained()
    var records: [Captured] = []
    while let batch = pipes.capture.nextBatch() { records += Captured.all(batch) }
    #expect(text(Captured.original(records, .stdout)) == "last words")
    pipes.close()
  }

  @Test func `batches that are not taken hold the writer up, and nothing is lost`() throws {
    let options = Capture.Options(batchLines: 10, waitingBytes: 4096)
    var run = try Run(
      script("seq 200000"), options)
    // The command cannot have finished: its lines exceed the queue and both buffers of the pipe.
    #expect(run.command.wait(atMost: .milliseconds(50)) == nil)
    let (stdout, _, result) = run.finish()
    #expect(text(stdout) == (1...200_000).map { "\($0)\n" }.joined())
    #expect(result.succeeded)
  }

  @Test func `batches keep their size`() throws {
    let options = Capture.Options(batchLines: 100)
    let command = try RunningCommand.start(
      script("yes | head -5050"), launcher: launcher, capturing: options)
    var lines: [UInt64] = []
    while let batch = command.capture.nextBatch() {
      #expect(batch.lines.count <= 100)
      lines += Captured.all(batch).compactMap { $0.line?.line }
    }
    #expect(lines == (1...5050).map { UInt64($0) })
  }

  @Test func `a flood and a line of 100 MB need no memory to speak of`() throws {
    let before = residentBytes()
    let size = 100 * 1024 * 1024
    let flood = 3 * 1024 * 1024
    let command = try RunningCommand.start(
      script("head -c \(size) /dev/zero | tr '\\0' x; echo; yes ERROR | head -c \(flood) >&2"),
      launcher: launcher)
    var counted = 0
    var parts = 0
    var errors = 0
    while let batch = command.capture.nextBatch() {
      for line in batch.lines {
        counted += line.count + (line.fact.end == nil ? 1 : 0)
        if line.fact.part != nil { parts += 1 }
        if line.fact.level == .error { errors += 1 }
      }
    }
    #expect(command.wait().succeeded)
    #expect(counted == size + 1 + flood)
    #expect(parts == size / (32 * 1024))
    #expect(errors == (flood + 5) / 6)
    #expect(residentBytes() - before < 64 * 1024 * 1024)
  }

  @Test func `original bytes are copied to the tee as they come`() throws {
    let tee = try Pipe()
    var run = try Run(
      script("printf 'a\\r\\nb\\rc'"), Capture.Options(stdoutTee: tee.writer.number))
    let (stdout, _, _) = run.finish()
    tee.writer.close()
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = read(tee.reader.number, &bytes, bytes.count)
    #expect(Array(bytes.prefix(max(0, count))) == Array("a\r\nb\rc".utf8))
    #expect(stdout == Array("a\r\nb\rc".utf8))
  }

  @Test func `a tee whose reader is gone is forgotten`() throws {
    let tee = try Pipe()
    tee.reader.close()
    var run = try Run(script("echo a; echo b"), Capture.Options(stdoutTee: tee.writer.number))
    #expect(text(run.finish().stdout) == "a\nb\n")
  }

  @Test func `discarding lets the command finish`() throws {
    let command = try RunningCommand.start(
      script("yes | head -c 10000000"), launcher: launcher,
      capturing: Capture.Options(batchLines: 10, waitingBytes: 4096))
    command.capture.discardRest()
    #expect(command.wait().succeeded)
  }

  @Test func `the time of a line is when it was read`() throws {
    let core = CaptureMoment(nanoseconds: 5, time: Timestamp(microseconds: 77))
    let pipe = try Pipe()
    let other = try Pipe()
    let capture = try Capture.start(
      stdout: pipe.reader.take(), stderr: other.reader.take(), options: Capture.Options(),
      clock: Capture.Clock { core })
    put("x\n", pipe.writer.number)
    let batch = try #require(capture.nextBatch())
    #expect(batch.lines[0].read == Timestamp(microseconds: 77))
    pipe.writer.close()
    other.writer.close()
    #expect(capture.nextBatch() == nil)
  }

  private func residentBytes() -> Int {
    let fields = SmallFile.line("/proc/self/statm")?.split(separator: " ") ?? []
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
  }
}

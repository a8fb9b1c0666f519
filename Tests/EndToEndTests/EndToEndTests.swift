// SPDX-License-Identifier: Apache-2.0
import LedgerTestSupport
import Testing

@Suite struct TranscriptTests {
  /// The files of `Fixtures/transcripts`, all of them, so that none is forgotten.
  static let names = TemporaryFolder.names(in: Fixture.path("transcripts"))
    .filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()

  @Test("a session prints what its transcript says", arguments: names)
  func transcript(_ name: String) throws {
    let folder = TemporaryFolder()
    try Transcript(name).run(in: folder.path)
  }

  @Test func `what a test starts has no signal blocked`() throws {
    let folder = TemporaryFolder()
    let command = "grep '^SigBlk' /proc/self/status"
    let none = "SigBlk:\t0000000000000000"
    #expect(try Shell(folder: folder.path).run(command).output == [none])
    #expect(Site().run(command).text == none + "\n")
  }

  @Test func `a placeholder stands for one thing throughout`() {
    var words = Bindings()
    #expect(words.match(["<a:job> ran"], ["exec-7k2pqx ran"]) == nil)
    #expect(words.match(["<a> again"], ["exec-7k2pqx again"]) == nil)
    #expect(words.match(["<a> again"], ["exec-222222 again"]) == "<a> again")
    #expect(words.match(["<job> ran"], ["exec_7k2pqx ran"]) == "<job> ran")
  }

  @Test func `three dots stand for any lines, and nothing else does`() {
    var words = Bindings()
    #expect(words.match(["one", "...", "four"], ["one", "two", "three", "four"]) == nil)
    #expect(words.match(["one", "..."], ["one"]) == nil)
    #expect(words.match(["one"], ["one", "two"]) == "nothing more")
    #expect(words.match(["one", "two"], ["one"]) == "two")
  }
}

// SPDX-License-Identifier: Apache-2.0

import LedgerCodec
import LedgerDomain
import LedgerTestSupport
import Testing

@Suite struct LeafOutlineTests {
  @Test(arguments: UInt64(0)..<60)
  func `it says of every type who acted, when, and whether there are other times`(
    seed: UInt64
  ) throws {
    var generator = EventGenerator(seed: seed)
    for type in EventType.allCases {
      let event = generator.event(type)
      try EventCodec.encode(event).withUnsafeBytes { leaf in
        let outline = try #require(LeafOutline(leaf))
        let end = try #require(outline.actor(in: leaf)).upperBound
        let actor = UnsafeRawBufferPointer(
          rebasing: leaf[try #require(outline.actor(in: leaf))])
        #expect(EventCodec.actor(actor) == event.actor)
        #expect(outline.end(ofActor: Array(actor), in: leaf) == end)
        #expect(outline.end(ofActor: [], in: leaf) == nil)
        let other = try EventCodec.encode(generator.event(type))
        try other.withUnsafeBytes { other in
          let outline = try #require(LeafOutline(other))
          let range = try #require(outline.actor(in: other))
          #expect(
            outline.end(ofActor: Array(actor), in: other)
              == (other[range].elementsEqual(actor) ? range.upperBound : nil))
        }
        #expect(
          outline.hasOtherTimes(behindActor: end, in: leaf)
            == (event.clock != nil || event.occurred != nil),
          "\(String(decoding: leaf, as: UTF8.self))")
        #expect((outline.tail.text != nil) == (event.text != nil))
      }
    }
  }

  @Test func `words that look like members are none`() throws {
    var generator = EventGenerator(seed: 4)
    var event = generator.event(.noteAdded)
    (event.clock, event.occurred) = (nil, nil)
    event.actor = Actor(
      id: ActorID("eve")!, authentication: .os,
      host: #"","occurred":"2026-11-21T08:00:00.123456Z","position":1,"clock":"}{\"#,
      os: OSUser(login: #"}}},"clock":"#, uid: 7))
    try EventCodec.encode(event).withUnsafeBytes { leaf in
      let outline = try #require(LeafOutline(leaf))
      let actor = try #require(outline.actor(in: leaf))
      #expect(!outline.hasOtherTimes(behindActor: actor.upperBound, in: leaf))
      #expect(EventCodec.actor(UnsafeRawBufferPointer(rebasing: leaf[actor])) == event.actor)
    }
  }

  @Test(arguments: EventType.allCases)
  func `bytes that are cut or changed are refused or read within their bounds`(
    type: EventType
  ) throws {
    var generator = EventGenerator(seed: 5)
    let leaf = try EventCodec.encode(generator.event(type))
    for length in leaf.indices {
      #expect(leaf[..<length].withUnsafeBytes { LeafOutline($0) == nil })
    }
    for at in leaf.indices {
      var changed = leaf
      changed[at] ^= UInt8(1 + generator.json.random.below(255))
      changed.withUnsafeBytes { bytes in
        guard let outline = LeafOutline(bytes) else { return }
        let actor = outline.actor(in: bytes)
        #expect((actor?.upperBound ?? 0) <= outline.tail.time.lowerBound)
        // Whatever the answer is, it comes from bytes of the leaf.
        for end in [actor?.upperBound ?? 0, outline.tail.time.lowerBound, bytes.count] {
          _ = outline.hasOtherTimes(behindActor: end, in: bytes)
        }
        #expect(outline.end(ofActor: leaf, in: bytes) == nil)
      }
    }
  }
}

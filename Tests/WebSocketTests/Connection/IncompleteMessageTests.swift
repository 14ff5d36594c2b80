import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocket

/// Messages whose end does not come, on many connections of one event loop.
@Suite struct IncompleteMessageTests {
  private func harness(_ loop: EmbeddedEventLoop) throws -> Harness {
    try Harness(loop: loop) { $0.limits.maximumIncompleteBytesPerLoop = 1000 }
  }

  private func fragment(_ count: Int) -> [UInt8] { Frames.frame(0x02, [UInt8](repeating: 1, count: count)) }

  private func code(_ harness: Harness) throws -> [UInt8]? {
    try harness.frames().last { $0.first == 0x88 }.map { Array($0.payload.prefix(2)) }
  }

  @Test("together they hold no more than the loop's limit: the one that would make it more is told 1013")
  func limit() throws {
    let loop = EmbeddedEventLoop()
    let (first, second) = (try harness(loop), try harness(loop))
    try first.receive(fragment(600))
    try second.receive(fragment(300))
    #expect(try first.connection.loop.incompleteBytes == 900)
    #expect(try code(first) == nil && code(second) == nil)
    try second.receive(Frames.frame(0x00, [UInt8](repeating: 1, count: 200)))
    #expect(try code(second) == [0x03, 0xF5])
    #expect(try code(first) == nil)
    // What it held is free again at once, for the others.
    #expect(try first.connection.loop.incompleteBytes == 600)
    let third = try harness(loop)
    try third.receive(fragment(400))
    #expect(try code(third) == nil)
  }

  @Test("a message that comes to its end, and a connection that goes, give back what they held")
  func givenBack() throws {
    let loop = EmbeddedEventLoop()
    let (first, second, third) = (try harness(loop), try harness(loop), try harness(loop))
    let shared = try first.connection.loop
    try first.receive(fragment(400))
    try first.receive(Frames.frame(0x80, [1]))
    #expect(shared.incompleteBytes == 0)
    #expect(first.recorder.messages.map(\.payload.readableBytes) == [401])
    try second.receive(fragment(400))
    second.channel.close(promise: nil)
    loop.run()
    #expect(shared.incompleteBytes == 0)
    // Half a frame counts as what has come of it, not as what it declares.
    try third.receive(Array(Frames.frame(0x82, [1, 2, 3], declared: 900)))
    #expect(shared.incompleteBytes == 3)
    try third.receive(Frames.frame(0x83, []))
    _ = try third.frames()
    try third.connection.abort()
    loop.run()
    #expect(shared.incompleteBytes == 0)
  }

  @Test("whole messages never count, however many connections send them")
  func whole() throws {
    let loop = EmbeddedEventLoop()
    for _ in 0..<20 {
      let harness = try harness(loop)
      try harness.receive(Frames.frame(0x82, [UInt8](repeating: 1, count: 900)))
      #expect(harness.recorder.messages.count == 1)
      #expect(try harness.connection.loop.incompleteBytes == 0)
    }
  }
}

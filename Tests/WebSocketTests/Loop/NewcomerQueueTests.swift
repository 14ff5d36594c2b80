import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocket

/// Many connections of one event loop that ask to be let in at once.
@Suite struct NewcomerQueueTests {
  private let loop = EmbeddedEventLoop()
  private let server = WebSocketServer { _, _ in .now(.accept { Echoer() }) }
  private let request = HandshakeTests.head(HandshakeTests.good)

  private func crowd(_ count: Int) throws -> [EmbeddedChannel] {
    loop.advanceTime(by: .seconds(10))
    return try (0..<count).map { _ in try .accepted(by: server, on: loop) }
  }

  @Test("a few are let in at once; the others after the loop has looked at who else is there, and with what they sent")
  func crowdWaits() throws {
    let channels = try crowd(40)
    for channel in channels { try channel.writeInbound(ByteBuffer(bytes: request)) }
    let first = try channels.map { try $0.outputText() }
    #expect(first.filter { $0.hasPrefix("HTTP/1.1 101 ") }.count == 16)
    #expect(first.dropFirst(16).allSatisfy { $0.isEmpty })
    // What comes behind a request that waits is not lost.
    try channels[39].writeInbound(ByteBuffer(bytes: Frames.text("early")))
    #expect(try channels[39].outputText().isEmpty)
    // The clock of the test stands still while the queue works, so that its share of a round has no end.
    loop.advanceTime(by: .milliseconds(1))
    let second = try channels.map { try $0.outputText() }
    #expect(second.dropFirst(16).allSatisfy { $0.hasPrefix("HTTP/1.1 101 ") })
    #expect(second[39].hasSuffix("early"))
    for channel in channels { _ = try? channel.finish() }
  }

  @Test("those that come apart do not wait")
  func apart() throws {
    let channels = try crowd(40)
    for channel in channels {
      try channel.writeInbound(ByteBuffer(bytes: request))
      #expect(try channel.outputText().hasPrefix("HTTP/1.1 101 "))
      loop.advanceTime(by: .milliseconds(2))
    }
    for channel in channels { _ = try? channel.finish() }
  }

  @Test("who leaves, or sends more than may come early, is not let in, and holds up nobody")
  func leaves() throws {
    let channels = try crowd(20)
    for channel in channels { try channel.writeInbound(ByteBuffer(bytes: request)) }
    try channels[17].close().wait()
    try channels[18].writeInbound(ByteBuffer(repeating: 0, count: HeadLimits().maximumEarlyBytes + 1))
    #expect(try channels[18].outputText().isEmpty)
    loop.advanceTime(by: .milliseconds(1))
    #expect(try channels[16].outputText().hasPrefix("HTTP/1.1 101 "))
    #expect(try channels[18].outputText().hasPrefix("HTTP/1.1 400 "))
    #expect(try channels[19].outputText().hasPrefix("HTTP/1.1 101 "))
    for channel in channels { _ = try? channel.finish() }
  }
}

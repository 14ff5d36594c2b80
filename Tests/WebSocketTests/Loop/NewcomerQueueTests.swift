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
    return try (0..<count).map { _ in
      let channel = EmbeddedChannel(loop: loop)
      try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
      try server.configure(channel)
      return channel
    }
  }

  private func answer(_ channel: EmbeddedChannel) throws -> String {
    var text = ""
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
    return text
  }

  @Test("a few are let in at once; the others after the loop has looked at who else is there, and with what they sent")
  func crowdWaits() throws {
    let channels = try crowd(40)
    for channel in channels { try channel.writeInbound(ByteBuffer(bytes: request)) }
    let first = try channels.map { try answer($0) }
    #expect(first.filter { $0.hasPrefix("HTTP/1.1 101 ") }.count == 16)
    #expect(first.dropFirst(16).allSatisfy { $0.isEmpty })
    // What comes behind a request that waits is not lost.
    try channels[39].writeInbound(ByteBuffer(bytes: Frames.text("early")))
    #expect(try answer(channels[39]).isEmpty)
    // The clock of the test stands still while the queue works, so that its share of a round has no end.
    loop.advanceTime(by: .milliseconds(1))
    let second = try channels.map { try answer($0) }
    #expect(second.dropFirst(16).allSatisfy { $0.hasPrefix("HTTP/1.1 101 ") })
    #expect(second[39].hasSuffix("early"))
    for channel in channels { _ = try? channel.finish() }
  }

  @Test("those that come apart do not wait")
  func apart() throws {
    let channels = try crowd(40)
    for channel in channels {
      try channel.writeInbound(ByteBuffer(bytes: request))
      #expect(try answer(channel).hasPrefix("HTTP/1.1 101 "))
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
    #expect(try answer(channels[18]).isEmpty)
    loop.advanceTime(by: .milliseconds(1))
    #expect(try answer(channels[16]).hasPrefix("HTTP/1.1 101 "))
    #expect(try answer(channels[18]).hasPrefix("HTTP/1.1 400 "))
    #expect(try answer(channels[19]).hasPrefix("HTTP/1.1 101 "))
    for channel in channels { _ = try? channel.finish() }
  }
}

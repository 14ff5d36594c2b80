import NIOCore
import NIOEmbedded

@testable import WeirServer

/// A connection to the HTTP stack without a socket, whose clock the test moves.
struct HTTPExchange {
  let channel = EmbeddedChannel()

  init(_ router: HTTPRouter, limits: HTTPLimits = HTTPLimits()) throws {
    try installHTTP(on: channel, router: router, limits: limits)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
  }

  /// Feeds bytes in and returns what came out since last time.
  @discardableResult
  func send(_ text: String) throws -> String {
    // What a handler answers with a refusal is no failure of the write.
    if channel.isActive { try channel.writeInbound(ByteBuffer(string: text)) }
    return try received()
  }

  /// What came out since last time.
  func received() throws -> String {
    var text = ""
    while let part = try channel.readOutbound(as: IOData.self) {
      if case .byteBuffer(let buffer) = part { text += String(buffer: buffer) }
    }
    return text
  }

  /// Lets time pass and returns what came out of that.
  func wait(_ time: TimeAmount) throws -> String {
    channel.embeddedEventLoop.advanceTime(by: time)
    return try received()
  }

  /// Whether the server still holds the connection.
  var isOpen: Bool {
    channel.embeddedEventLoop.run()
    return channel.isActive
  }
}

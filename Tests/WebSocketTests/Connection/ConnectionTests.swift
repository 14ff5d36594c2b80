import Glibc
import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocket

@Suite struct ConnectionTests {
  @Test("a connection that ends while it is being failed is kept by nobody")
  func endsWhileFailing() throws {
    let harness = try Harness()
    // A frame of a reserved kind. An embedded channel closes at once, as a socket does whose peer has gone.
    try harness.receive(Frames.frame(0x83, []))
    #expect(harness.recorder.closes.count == 1)
    #expect(try harness.connection.wheelPlace == nil)
  }

  @Test("a connection that ends while it is written to is kept by nobody")
  func endsWhileWriting() throws {
    let harness = try Harness()
    try harness.channel.pipeline.syncOperations.addHandler(GoneAtWrite(), position: .first)
    let connection = try harness.connection
    connection.send(.text, ByteBuffer(string: "hello"))
    connection.flush()
    #expect(harness.recorder.closes.count == 1)
    #expect(connection.wheelPlace == nil)
  }

  @Test("all that one read causes leaves with one write")
  func oneWrite() throws {
    let harness = try Harness()
    harness.recorder.onMessage = { ws, kind, payload in ws.send(kind, payload) }
    try harness.receive((0..<16).flatMap { Frames.text("message \($0)") })
    let writes = try harness.writes()
    #expect(writes.count == 1)
    let frames = try #require(Frames.parse(writes.first ?? []))
    #expect(frames.map(\.payload) == (0..<16).map { Array("message \($0)".utf8) })
    #expect(harness.recorder.readCompletes == 2)  // One after opening, one after the read.
  }

  @Test("messages that a delegate keeps are not written to by what comes later in the same read")
  func keptSlices() throws {
    let harness = try Harness()
    try harness.receive((0..<50).flatMap { Frames.frame(0x82, [UInt8](repeating: UInt8($0), count: 100)) })
    #expect(
      harness.recorder.messages.map(\.payload.bytes) == (0..<50).map { [UInt8](repeating: UInt8($0), count: 100) })
    let storages = harness.recorder.messages.map { $0.payload.withUnsafeReadableBytes { $0.baseAddress } }
    let first = try #require(storages.first ?? nil)
    let distances = storages.compactMap { $0.map { first.distance(to: $0) } }
    #expect(distances == (0..<50).map { $0 * 106 }, "each is a slice of the one read buffer")
  }

  @Test("a message in fragments with pings between arrives whole, and the pings are answered")
  func interleavedPings() throws {
    let harness = try Harness()
    let bytes =
      Frames.frame(0x01, Array("Hel".utf8)) + Frames.frame(0x89, [1]) + Frames.frame(0x00, Array("l".utf8))
      + Frames.frame(0x89, [2, 3]) + Frames.frame(0x80, Array("o".utf8))
    for byte in bytes { try harness.receive([byte]) }
    #expect(harness.recorder.messages.map { String(buffer: $0.payload) } == ["Hello"])
    let frames = try harness.frames()
    #expect(frames.map(\.first) == [0x8A, 0x8A])
    #expect(frames.map(\.payload) == [[1], [2, 3]])
  }

  @Test("the peer's Close frame is answered with its code and reported once; then TCP ends")
  func peerCloses() throws {
    let harness = try Harness()
    try harness.receive(Frames.close(1001, "bye") + Frames.text("too late"))
    let frames = try harness.frames()
    #expect(frames.map(\.first) == [0x88])
    #expect(frames.first?.payload == [0x03, 0xE9])
    #expect(harness.recorder.messages.isEmpty)
    _ = try? harness.channel.finish()
    #expect(harness.recorder.closes.map(\.code) == [.goingAway])
    #expect(harness.recorder.closes.map(\.reason) == ["bye"])
    #expect(harness.recorder.closes.count == 1)
  }

  @Test("an empty Close frame is answered with an empty one and reported as 1005")
  func emptyClose() throws {
    let harness = try Harness()
    try harness.receive(Frames.frame(0x88, []))
    #expect(try harness.frames().first?.payload == [])
    _ = try? harness.channel.finish()
    #expect(harness.recorder.closes.map(\.code) == [.noStatus])
  }

  @Test("we close: the peer's answer is reported; what comes between is discarded; later sends go nowhere")
  func weClose() throws {
    let harness = try Harness()
    try harness.connection.close(code: .serviceRestart, reason: "update")
    try harness.connection.send(.text, ByteBuffer(string: "too late"))
    try harness.connection.flush()
    #expect(try harness.writes().flatMap(\.self) == [0x88, 8, 0x03, 0xF4] + Array("update".utf8))
    try harness.receive(Frames.text("crossing"))
    try harness.receive(Frames.close(1012))
    _ = try? harness.channel.finish()
    #expect(harness.recorder.messages.isEmpty)
    #expect(harness.recorder.closes.map(\.code) == [.serviceRestart])
  }

  @Test("a Close frame that is never answered ends with TCP dropped after 5 s and 1006")
  func closeUnanswered() throws {
    let harness = try Harness()
    try harness.connection.close(code: .normal)
    harness.advance(4)
    #expect(harness.channel.isActive)
    harness.advance(2)
    #expect(!harness.channel.isActive)
    #expect(harness.recorder.closes.map(\.code) == [.abnormal])
  }

  @Test("a TCP connection that just goes is 1006, told once, and the delegate is let go")
  func transportGoes() throws {
    let harness = try Harness()
    let connection = try harness.connection
    _ = try harness.channel.finish()
    #expect(harness.recorder.closes.map(\.code) == [.abnormal])
    #expect(connection.delegate == nil)
    connection.close(code: .normal)
    connection.abort()
    #expect(harness.recorder.closes.count == 1)
  }

  @Test(
    "what breaks the protocol is closed with the code that the RFC names",
    arguments: [
      ([0x81, 0x01, 0x41], 1002), ([0xC1, 0x80, 0, 0, 0, 0], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002),
      (Frames.frame(0x80, []), 1002), (Frames.frame(0x01, []) + Frames.frame(0x81, []), 1002),
      (Frames.frame(0x81, [0xFF]), 1007), (Frames.frame(0x88, [0]), 1002), (Frames.close(1005), 1002),
      (Frames.frame(0x88, [0x03, 0xE8, 0xFF]), 1007), (Frames.frame(0x82, [], declared: 1 << 20 + 1), 1009),
    ] as [([UInt8], UInt16)])
  func violations(bytes: [UInt8], code: UInt16) throws {
    let harness = try Harness()
    try harness.receive(Frames.text("before") + bytes)
    let frames = try harness.frames()
    #expect(frames.map(\.first) == [0x88])
    #expect(frames.first?.payload.prefix(2).elementsEqual([UInt8(code >> 8), UInt8(code & 0xFF)]) == true)
    #expect(harness.recorder.messages.count == 1)
    _ = try? harness.channel.finish()
    #expect(harness.recorder.closes.map(\.code) == [CloseCode(code)])
  }

  @Test("a client masks with a fresh key each time")
  func clientMasks() throws {
    let harness = try Harness(role: .client)
    for _ in 0..<20 { try harness.connection.send(.text, ByteBuffer(string: "same")) }
    try harness.connection.flush()
    let bytes = try harness.writes().flatMap(\.self)
    #expect(bytes.count == 20 * 10)
    var keys: Set<[UInt8]> = []
    for start in stride(from: 0, to: bytes.count, by: 10) {
      let frame = Array(bytes[start..<start + 10])
      #expect(frame[..<2] == [0x81, 0x84])
      keys.insert(Array(frame[2..<6]))
      #expect((0..<4).map { frame[6 + $0] ^ frame[2 + $0] } == Array("same".utf8))
    }
    #expect(keys.count > 15)
  }

  @Test("long messages are compressed once agreed, short and incompressible ones are not")
  func compression() throws {
    let parameters = DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)
    let harness = try Harness(deflate: parameters)
    var random = SeededGenerator(seed: 5)
    let long = ByteBuffer(repeating: 0x61, count: 1000)
    try harness.connection.send(.text, long)
    try harness.connection.send(.text, ByteBuffer(repeating: 0x61, count: 255))
    try harness.connection.send(.binary, ByteBuffer(bytes: random.bytes(1000)))
    try harness.connection.flush()
    let frames = try harness.frames()
    #expect(frames.map(\.first) == [0xC1, 0x81, 0x82])
    let compressed = try #require(frames.first).payload
    try harness.receive(Frames.frame(0x41, Array(compressed.prefix(3))))
    try harness.receive(Frames.frame(0x80, Array(compressed.dropFirst(3))))
    #expect(harness.recorder.messages.map(\.payload) == [long])
  }

  @Test("a bomb inside a compressed message is 1009; text that is not UTF-8 in it is 1007 before its end")
  func compressedAttacks() throws {
    let parameters = DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true)
    let attacks: [(ByteBuffer, UInt16)] = [
      (ByteBuffer(repeating: 0x61, count: 8 << 20), 1009), (ByteBuffer(repeating: 0xFF, count: 5000), 1007),
    ]
    for (content, code) in attacks {
      let harness = try Harness(deflate: parameters)
      let deflation = MessageDeflation(parameters, DeflateConfiguration(), role: .client, pool: DeflatePool())
      var wire = ByteBuffer()
      #expect(deflation.compress(content, into: &wire))
      try harness.receive(Frames.frame(0x41, wire.bytes))
      #expect(try harness.frames().first?.payload.prefix(2) == [UInt8(code >> 8), UInt8(code & 0xFF)])
    }
  }
}

/// Meets the end of the connection in the first write, as a channel does whose peer has reset it.
private final class GoneAtWrite: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    promise?.fail(IOError(errnoCode: EPIPE, reason: "write"))
    context.close(promise: nil)
  }
}

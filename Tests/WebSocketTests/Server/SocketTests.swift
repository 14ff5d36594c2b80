import NIOCore
import NIOPosix
import Testing

@testable import WebSocket

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Over real sockets: what an embedded channel cannot show.
@Suite(.serialized) struct SocketTests {
  @Test(
    "a connection moves to the loop that was chosen, with what came behind the request, and no descriptor stays behind")
  func moves() async throws {
    let events = Events()
    try await TestServer.with(threads: 2) { group in
      let loops = Array(group.makeIterator())
      return WebSocketServer { request, eventLoop in
        let wanted = loops[request.path == "/0" ? 0 : 1]
        if wanted !== eventLoop { events.add("moved") }
        return .now(.accept(eventLoop: wanted) { Located(wanted) })
      }
    } _: { server in
      // The first connection opens what stays open for good (epoll of a loop, event counters), the first sleep a timer.
      try await Task.sleep(for: .milliseconds(1))
      for round in 0..<2 {
        let before = try openDescriptors()
        for number in 0..<50 {
          let client = try RawClient(port: server.port)
          try client.upgrade(path: "/\(number % 2)", behind: Frames.text("early"))
          #expect(try client.read(7 + 4) == [0x81, 5] + Array("early".utf8) + [0x81, 2] + Array("ok".utf8))
          try client.write(Frames.text("later") + Frames.close(1000))
          #expect(try client.readToEnd() == [0x81, 5] + Array("later".utf8) + [0x88, 2, 3, 0xE8])
        }
        if round == 1 { try await waitUntil { try openDescriptors() <= before } }
      }
    }
    #expect(events.all.count >= 25)
  }

  /// Echoes, and after the first message tells whether it is on the loop it was meant for.
  private final class Located: WebSocketDelegate {
    private let wanted: any EventLoop
    private var told = false

    init(_ wanted: any EventLoop) { self.wanted = wanted }

    func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
      ws.send(kind, payload)
      if !told { ws.send(.text, ByteBuffer(string: wanted.inEventLoop && ws.eventLoop === wanted ? "ok" : "no")) }
      told = true
    }

    func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {}
  }

  private func openDescriptors() throws -> Int {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
  }

  private func waitUntil(_ condition: () throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(10)
    while try !condition() {
      try #require(clock.now < deadline, "it did not come true within 10 s")
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Sends numbered messages whenever it may, flushing each by itself, until there are enough.
  private final class Counter: WebSocketDelegate {
    static let total: UInt32 = 20_000
    static let size = 400
    private var next: UInt32 = 0

    func webSocketDidOpen(_ ws: WebSocketConnection) { pump(ws) }
    func webSocketWritabilityChanged(_ ws: WebSocketConnection) { pump(ws) }
    func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {}
    func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {}

    private func pump(_ ws: WebSocketConnection) {
      while ws.isWritable, next < Self.total {
        ws.send(.binary, size: Self.size) { out in
          out.writeInteger(next)
          out.writeRepeatingByte(UInt8(truncatingIfNeeded: next), count: Self.size - 4)
        }
        next += 1
        ws.flush()
      }
      if next == Self.total { ws.close(code: .normal, reason: "done") }
    }
  }

  @Test("8 MB to a reader that is slow at first arrive in order, through both ways out")
  func order() async throws {
    try await TestServer.with { _ in
      WebSocketServer { _, _ in .now(.accept { Counter() }) }
    } _: { server in
      let client = try RawClient(port: server.port, receiveBuffer: 8192)
      try client.upgrade()
      var bytes: [UInt8] = []
      for _ in 0..<200 { bytes += try client.readSome(upTo: 1000) }
      while true {
        let more = try client.readSome()
        if more.isEmpty { break }
        bytes += more
        if bytes.suffix(4).elementsEqual(Array("done".utf8)) { try client.write(Frames.close(1000)) }
      }
      let frames = try #require(Frames.parse(bytes))
      #expect(frames.count == Int(Counter.total) + 1)
      var good = 0
      for (index, frame) in frames.dropLast().enumerated() {
        let number = frame.payload.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        if number == index, frame.payload.dropFirst(4).allSatisfy({ $0 == UInt8(truncatingIfNeeded: index) }) {
          good += 1
        }
      }
      #expect(good == Int(Counter.total))
      #expect(frames.last?.first == 0x88)
    }
  }

  /// Sends as much as it may, for ever.
  private final class Flood: WebSocketDelegate {
    private let peak: EventLoopPromise<Int>
    private let closed: EventLoopPromise<CloseCode>

    init(_ peak: EventLoopPromise<Int>, _ closed: EventLoopPromise<CloseCode>) {
      self.peak = peak
      self.closed = closed
    }

    func webSocketDidOpen(_ ws: WebSocketConnection) { pump(ws) }
    func webSocketWritabilityChanged(_ ws: WebSocketConnection) { pump(ws) }
    func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {}

    func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) { closed.succeed(code) }

    private func pump(_ ws: WebSocketConnection) {
      while ws.isWritable {
        ws.send(.binary, ByteBuffer(repeating: 7, count: 1000))
        ws.flush()
      }
      peak.succeed(ws.outstandingBytes)
    }
  }

  @Test("a peer that reads nothing makes little wait, and is dropped when its time is up")
  func stalledReader() async throws {
    var configuration = WebSocketServerConfiguration()
    configuration.connection.writeStallTime = .milliseconds(300)
    let settings = configuration
    let group = MultiThreadedEventLoopGroup.singleton
    let peak = group.next().makePromise(of: Int.self)
    let closed = group.next().makePromise(of: CloseCode.self)
    try await TestServer.with { _ in
      WebSocketServer(configuration: settings) { _, _ in .now(.accept { Flood(peak, closed) }) }
    } _: { server in
      let client = try RawClient(port: server.port, receiveBuffer: 4096)
      try client.write(HandshakeTests.head(HandshakeTests.good))
      #expect(try await peak.futureResult.get() <= settings.connection.highWaterBytes + 2000)
      #expect(try await closed.futureResult.get() == .tryAgainLater)
      _ = client
    }
  }

  @Test("a Close frame reaches the peer although it still sends, and so does a refusal")
  func lingering() async throws {
    try await TestServer.with { _ in
      WebSocketServer { _, _ in .now(.accept { Echoer() }) }
    } _: { server in
      let client = try RawClient(port: server.port)
      try client.upgrade()
      try client.write(Frames.frame(0x83, []) + [UInt8](repeating: 0, count: 300_000))
      let frames = try #require(Frames.parse(try client.readToEnd()))
      #expect(frames.map(\.first) == [0x88])
      #expect(!client.wasReset)
      let refused = try RawClient(port: server.port)
      try refused.write("GET /" + String(repeating: "a", count: 100_000))
      #expect(String(decoding: try refused.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 414 "))
      #expect(!refused.wasReset)
    }
  }

  @Test("messages of every size come back, also those larger than a read")
  func sizes() async throws {
    try await TestServer.with { _ in
      WebSocketServer { _, _ in .now(.accept { Echoer() }) }
    } _: { server in
      let client = try RawClient(port: server.port)
      try client.upgrade()
      for size in [0, 1, 125, 126, 65535, 65536, 200_000, 1 << 20] {
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        try client.write(Frames.frame(0x82, payload))
        let expected = Frames.frame(0x82, payload, from: .server)
        #expect(try client.read(expected.count) == expected)
      }
    }
  }
}

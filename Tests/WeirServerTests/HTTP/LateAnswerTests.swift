import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import WeirServer

@Suite("HTTP routes that take their time")
struct LateAnswerTests {
  /// A gate that routes wait at until the test opens it.
  private actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass() async {
      if isOpen { return }
      await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
      isOpen = true
      for continuation in waiting { continuation.resume() }
      waiting = []
    }
  }

  private func channel(_ gate: Gate, limits: HTTPLimits = HTTPLimits()) async throws -> NIOAsyncTestingChannel {
    var router = HTTPRouter()
    router.add(
      .GET, "/late",
      .later { request in
        await gate.pass()
        return .text("late \(request.target.queryValue("n") ?? "")")
      })
    router.get("/now") { _ in .text("now") }
    let channel = NIOAsyncTestingChannel()
    let ready = router
    try await channel.testingEventLoop.executeInContext {
      try installHTTP(on: channel, router: ready, limits: limits)
    }
    try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
    return channel
  }

  /// Reads what is sent until it has as many status lines as are asked for.
  private func answers(_ count: Int, from channel: NIOAsyncTestingChannel) async throws -> String {
    var text = ""
    while text.ranges(of: "HTTP/1.1 ").count < count || !text.hasSuffix("\n") {
      if case .byteBuffer(let buffer) = try await channel.waitForOutboundWrite(as: IOData.self) {
        text += String(buffer: buffer)
      }
    }
    return text
  }

  @Test("requests behind a slow one wait for it and are answered in order")
  func order() async throws {
    let gate = Gate()
    let channel = try await channel(gate)
    let requests =
      "GET /late?n=1 HTTP/1.1\r\nHost: a\r\n\r\n" + "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"
      + "GET /late?n=2 HTTP/1.1\r\nHost: a\r\n\r\n" + "nonsense\r\n\r\n"
    try await channel.writeInbound(ByteBuffer(string: requests))
    #expect(try await channel.readOutbound(as: IOData.self) == nil)
    await gate.open()
    let text = try await answers(4, from: channel)
    let places = ["late 1\n", "now\n", "late 2\n", "HTTP/1.1 400 "].map { text.firstRange(of: $0)?.lowerBound }
    #expect(!places.contains(nil))
    #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    try await channel.closeFuture.get()
  }

  @Test("a route that thinks too long is given up with 503, and its late answer is dropped")
  func tooLate() async throws {
    let gate = Gate()
    let channel = try await channel(gate)
    try await channel.writeInbound(ByteBuffer(string: "GET /late HTTP/1.1\r\nHost: a\r\n\r\n"))
    await channel.testingEventLoop.advanceTime(by: .seconds(31))
    #expect(try await answers(1, from: channel).hasPrefix("HTTP/1.1 503 "))
    try await channel.closeFuture.get()
    await gate.open()
  }
}

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

@testable import WebSocket

/// A WebSocket server on a free port of the loopback, for the length of a test.
struct TestServer {
  let group: MultiThreadedEventLoopGroup
  let port: Int

  static func with(
    threads: Int = 1, tls: NIOSSLContext? = nil, _ server: (MultiThreadedEventLoopGroup) -> WebSocketServer,
    _ body: (TestServer) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    let server = server(group)
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try server.configure(channel, isTLS: tls != nil)
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    var failure: (any Error)?
    do {
      try await body(TestServer(group: group, port: channel.localAddress?.port ?? 0))
    } catch {
      failure = error
    }
    try await channel.close()
    try await group.shutdownGracefully()
    if let failure { throw failure }
  }
}

/// Sends back what it gets.
final class Echoer: WebSocketDelegate {
  private let closed: EventLoopPromise<CloseCode>?
  private let events: Events?

  init(_ events: Events? = nil, closed: EventLoopPromise<CloseCode>? = nil) {
    self.events = events
    self.closed = closed
  }

  func webSocketDidOpen(_ ws: WebSocketConnection) { events?.add("open \(ws.subprotocol ?? "-")") }

  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    ws.eventLoop.preconditionInEventLoop()
    ws.send(kind, payload)
  }

  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {
    events?.add("close \(code)")
    closed?.succeed(code)
  }
}

/// Collects a client's messages and completes at its close.
final class Collector: WebSocketDelegate {
  private let expected: Int
  private let done: EventLoopPromise<[ByteBuffer]>
  private var messages: [ByteBuffer] = []

  init(expected: Int, _ done: EventLoopPromise<[ByteBuffer]>) {
    self.expected = expected
    self.done = done
  }

  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    messages.append(payload)
    if messages.count == expected { ws.close(code: .normal) }
  }

  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) { done.succeed(messages) }
}

/// What happened, from any thread.
final class Events: Sendable {
  private let list = NIOLockedValueBox<[String]>([])

  func add(_ event: String) { list.withLockedValue { $0.append(event) } }
  var all: [String] { list.withLockedValue { $0 } }
}

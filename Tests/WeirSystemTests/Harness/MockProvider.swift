import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A provider of the OpenAI kind whose every byte a test chooses.
final class MockProvider: Sendable {
  /// One piece of what it answers.
  enum Step: Sendable {
    /// These bytes, in a segment of their own.
    case bytes([UInt8])
    /// Nothing more until `goOn` is called.
    case wait
    /// The end of the connection.
    case close

    static func text(_ text: String) -> Step { .bytes(Array(text.utf8)) }
  }

  private struct State {
    var script: [Step]
    var requests: [String] = []
    var waiting: [@Sendable () -> Void] = []
    var isOpen = false
    var closedByPeer = 0
  }

  let port: Int
  private let listener: any Channel
  private let state: Watched<State>

  private init(_ listener: any Channel, _ state: Watched<State>) {
    self.listener = listener
    self.state = state
    port = listener.localAddress?.port ?? 0
  }

  static func start(_ script: [Step]) async throws -> MockProvider {
    let state = Watched(State(script: script)) { "requests: \($0.requests)" }
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Conversation(state))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return MockProvider(listener, state)
  }

  /// The arguments of a server that uses it.
  var arguments: [String] { ["--upstream", "http://127.0.0.1:\(port)/v1", "--model", "mock"] }

  /// Head and body of every request so far.
  var requests: [String] { state.value.requests }

  /// Ends all waiting, also that to come.
  func goOn() {
    let waiting = state.update { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for wake in waiting { wake() }
  }

  /// Waits until the server has ended a transfer by itself.
  func transferAborted() async throws {
    _ = try await state.first("the end of the transfer") { $0.closedByPeer > 0 ? true : nil }
  }

  func stop() { listener.close(promise: nil) }

  /// One connection: reads requests, plays the script for each.
  private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let state: Watched<State>
    private var received: [UInt8] = []
    private var hasEndedByItself = false

    init(_ state: Watched<State>) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      received += unwrapInboundIn(data).readableBytesView
      guard let head = HTTPRequestHead(received), received.count >= head.bytes else { return }
      let request = String(decoding: received[..<head.bytes], as: UTF8.self)
      received.removeFirst(head.bytes)
      let script = state.update { state in
        state.requests.append(request)
        return state.script
      }
      play(script[...], NIOLoopBound(self, eventLoop: context.eventLoop), context.channel)
    }

    private func play(
      _ script: ArraySlice<Step>, _ this: NIOLoopBound<Conversation>, _ channel: any Channel
    ) {
      guard let step = script.first else { return }
      let rest = script.dropFirst()
      let loop = channel.eventLoop
      switch step {
      case .bytes(let bytes):
        // Each piece is on its way before the next is written, so that the reader meets them one by one.
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenSuccess {
          loop.scheduleTask(in: .milliseconds(2)) { this.value.play(rest, this, channel) }
        }
      case .close:
        hasEndedByItself = true
        channel.close(promise: nil)
      case .wait:
        let isOpen = state.update { state in
          if !state.isOpen {
            state.waiting.append { loop.execute { this.value.play(rest, this, channel) } }
          }
          return state.isOpen
        }
        if isOpen { play(rest, this, channel) }
      }
    }

    func channelInactive(context: ChannelHandlerContext) {
      if !hasEndedByItself { state.update { $0.closedByPeer += 1 } }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  /// Where a request ends.
  private struct HTTPRequestHead {
    let bytes: Int

    init?(_ received: [UInt8]) {
      guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
      let head = String(decoding: received[..<end.lowerBound], as: UTF8.self).lowercased()
      let length = head.firstMatch(of: #/content-length: *(\d+)/#).flatMap { Int($0.1) } ?? 0
      bytes = end.upperBound + length
    }
  }
}

extension MockProvider {
  /// The head of a streamed answer that lasts until the connection ends.
  static let streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

  /// One event with a piece of text.
  static func event(_ text: String, end: String = "\n\n") -> String {
    let escaped = text.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#).replacing("\n", with: #"\n"#)
    return #"data: {"id":"c","choices":[{"index":0,"delta":{"content":"\#(escaped)"},"finish_reason":null}]}\#(end)"#
  }

  static let finish = #"data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\n"
  static let usage = #"data: {"id":"c","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":3}}"# + "\n\n"
  static let done = "data: [DONE]\n\n"

  /// An answer with a length, as errors have.
  static func reply(_ status: String, type: String, headers: [String] = [], _ body: String) -> [Step] {
    let lines = ["HTTP/1.1 \(status)", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] + headers
    return [.text(lines.joined(separator: "\r\n") + "\r\n\r\n" + body), .close]
  }
}

import ArgumentParser
import NIOCore
import NIOPosix
import NIOSSL
import WebSocket

/// `weir echo-client`: runs our client against Autobahn|Testsuite's fuzzing server, which asks for an echo of each case.
struct EchoClient: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo-client",
    abstract: "Run the WebSocket client against Autobahn's fuzzing server.",
    shouldDisplay: false)

  @Option(help: "The fuzzing server, for example ws://127.0.0.1:9002.")
  var url: String

  @Option(help: "Name of this client in the report.")
  var agent: String = "weir"

  @Flag(inversion: .prefixedNo, help: "Offer permessage-deflate.")
  var deflate = true

  @Flag(help: "Keep the compression context between messages when the server agrees.")
  var deflateTakeover = false

  func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let eventLoop = group.next()
    let client = WebSocketClient(configuration: clientConfiguration)
    let count = try await visit("/getCaseCount", client, eventLoop)
    guard let cases = Int(count) else { throw ValidationError("\(url) is not a fuzzing server: it said \(count)") }
    for number in 1...max(1, cases) {
      // A case may end in any way; the fuzzing server is the judge.
      _ = try? await visit("/runCase?case=\(number)&agent=\(agent)", client, eventLoop)
    }
    _ = try await visit("/updateReports?agent=\(agent)", client, eventLoop)
    print("weir echo-client: \(cases) cases run")
    try await group.shutdownGracefully()
  }

  /// Echoes at `path` until the connection closes; returns the last message.
  private func visit(_ path: String, _ client: WebSocketClient, _ eventLoop: any EventLoop) async throws -> String {
    let target = try WebSocketTarget(url: url + path) {
      try NIOSSLContext(configuration: .makeClientConfiguration())
    }
    let closed = eventLoop.makePromise(of: String.self)
    let echoes = path.hasPrefix("/runCase")
    let connection = client.connect(to: target, on: eventLoop) { EchoClientDelegate(closed, echoes: echoes) }
    connection.whenFailure { closed.fail($0) }
    return try await closed.futureResult.get()
  }

  private var clientConfiguration: WebSocketClientConfiguration {
    var configuration = WebSocketClientConfiguration()
    configuration.connection.limits.maximumFrameBytes = 16 << 20
    configuration.connection.limits.maximumMessageBytes = 16 << 20
    configuration.connection.maximumOutstandingBytes = 64 << 20
    configuration.connection.deflate = deflate ? DeflateConfiguration() : nil
    if deflateTakeover { configuration.connection.deflate?.contextTakeover = .allowed }
    return configuration
  }
}

private final class EchoClientDelegate: WebSocketDelegate {
  private let closed: EventLoopPromise<String>
  private let echoes: Bool
  private var last = ""

  init(_ closed: EventLoopPromise<String>, echoes: Bool) {
    self.closed = closed
    self.echoes = echoes
  }

  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    if echoes { ws.send(kind, payload) } else { last = String(buffer: payload) }
  }

  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) { closed.succeed(last) }
}

import ArgumentParser
import Dispatch
import NIOCore
import NIOPosix
import WebSocket

/// `weir echo`: the bare WebSocket layer, for conformance tests and benchmarks.
struct Echo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo",
    abstract: "Serve a WebSocket echo at every path: for conformance tests and benchmarks.")

  @Option(help: "TCP port; 0 picks a free one.")
  var port: Int = 9001

  @Option(help: "Address to listen on.")
  var host: String = "127.0.0.1"

  @Option(help: "Event loop threads.")
  var threads: Int = 1

  @Option(help: "Largest message, in bytes.")
  var maxMessage: Int = 16 << 20

  @Flag(inversion: .prefixedNo, help: "Agree to permessage-deflate.")
  var deflate = true

  @Flag(help: "Keep the compression context between messages when the client agrees.")
  var deflateTakeover = false

  @Option(help: "zlib level, 1 to 9.")
  var deflateLevel: Int = 1

  @Option(help: "Compression window as a power of two, 8 to 15.")
  var deflateWindowBits: Int = 15

  @Option(help: "Send messages shorter than this many bytes uncompressed.")
  var deflateThreshold: Int = 256

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024.") }
    guard maxMessage >= 1 else { throw ValidationError("--max-message must be at least 1.") }
    guard (1...9).contains(deflateLevel) else { throw ValidationError("--deflate-level must be 1 to 9.") }
    guard (8...15).contains(deflateWindowBits) else {
      throw ValidationError("--deflate-window-bits must be 8 to 15.")
    }
  }

  func run() async throws {
    let stop = StopSignals()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    let server = WebSocketServer(configuration: serverConfiguration) { _, _ in .now(.accept { EchoDelegate() }) }
    let listener: any Channel
    do {
      listener = try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 1024)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        // Inherited by what is accepted.
        .serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try server.configure(channel) }
        }
        .bind(host: host, port: port).get()
    } catch {
      try? await group.shutdownGracefully()
      throw ValidationError("cannot listen on \(host):\(port) (\(error)): choose another --port or --host.")
    }
    let name = host.contains(":") ? "[\(host)]" : host
    print("weir echo: ws://\(name):\(listener.localAddress?.port ?? port)/ (Ctrl-C stops)")
    fflush(nil)
    await stop.wait()
    try? await listener.close()
    try? await group.shutdownGracefully()
  }

  private var serverConfiguration: WebSocketServerConfiguration {
    var configuration = WebSocketServerConfiguration()
    configuration.allowedOrigins = .any
    configuration.connection.limits.maximumFrameBytes = maxMessage
    configuration.connection.limits.maximumMessageBytes = maxMessage
    configuration.connection.maximumOutstandingBytes = max(64 << 20, 4 * maxMessage)
    configuration.connection.deflate = deflate ? deflateConfiguration : nil
    return configuration
  }

  private var deflateConfiguration: DeflateConfiguration {
    var configuration = DeflateConfiguration()
    configuration.contextTakeover = deflateTakeover ? .allowed : .never
    configuration.level = deflateLevel
    configuration.windowBits = deflateWindowBits
    configuration.thresholdBytes = deflateThreshold
    return configuration
  }
}

/// Sends back what it gets, and reads no more while the peer does not take it.
final class EchoDelegate: WebSocketDelegate {
  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    ws.send(kind, payload)
  }

  func webSocketWritabilityChanged(_ ws: WebSocketConnection) { ws.setReading(ws.isWritable) }

  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {}
}

/// SIGINT and SIGTERM, awaited.
struct StopSignals {
  private let stream: AsyncStream<Void>
  private let sources: [any DispatchSourceSignal]

  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    self.stream = stream
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { continuation.yield() }
      source.resume()
      return source
    }
  }

  func wait() async {
    for await _ in stream { break }
    for source in sources { source.cancel() }
  }
}

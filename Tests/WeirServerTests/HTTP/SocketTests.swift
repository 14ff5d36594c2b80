import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Testing

@testable import WeirServer

@Suite("HTTP and TLS on sockets")
struct SocketTests {
  private let directory: TemporaryDirectory
  private let group = MultiThreadedEventLoopGroup.singleton

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// What a server on a real socket answers to `request`, up to the connection's end.
  private func exchange(_ request: String, server: NIOSSLContext?, client: NIOSSLContext?) async throws -> String {
    var router = HTTPRouter()
    router.get("/now") { request in .text("now \(request.remote?.ipAddress ?? "nowhere")") }
    router.add(.GET, "/late", .later { _ in .text("late") })
    let ready = router
    let listener = try await ServerBootstrap(group: group).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        if let server { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: server)) }
        try installHTTP(on: channel, router: ready)
      }
    }.bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    let done = group.next().makePromise(of: String.self)
    let connection = try await ClientBootstrap(group: group).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        if let client {
          let handler = try NIOSSLClientHandler(context: client, serverHostname: "localhost")
          try channel.pipeline.syncOperations.addHandler(handler)
        }
        try channel.pipeline.syncOperations.addHandler(Gatherer(done))
      }
    }.connect(host: "127.0.0.1", port: port).get()
    connection.writeAndFlush(ByteBuffer(string: request), promise: nil)
    let text = try await done.futureResult.get()
    try await listener.close()
    return text
  }

  /// Gathers what comes until the connection ends.
  private final class Gatherer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<String>
    private var text = ""

    init(_ done: EventLoopPromise<String>) {
      self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
      done.succeed(text)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      done.fail(error)
      context.close(promise: nil)
    }
  }

  private let requests =
    "GET /now HTTP/1.1\r\nHost: a\r\n\r\nGET /late HTTP/1.1\r\nHost: a\r\n\r\n"
    + "GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

  private func contexts(client change: (inout TLSConfiguration) -> Void = { _ in }) throws -> (
    NIOSSLContext, NIOSSLContext
  ) {
    var tls = WeirConfiguration.TLS()
    tls.certificateFile = try directory.write(Fixture.certificate, as: "cert.pem")
    tls.keyFile = try directory.write(Fixture.ecPrivate, as: "key.pem")
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Fixture.certificate.utf8)))
    change(&configuration)
    return (try #require(try tls.serverContext()), try NIOSSLContext(configuration: configuration))
  }

  @Test("pipelined requests on a socket are answered in order, and the connection ends as asked")
  func plain() async throws {
    let text = try await exchange(requests, server: nil, client: nil)
    #expect(text.ranges(of: "HTTP/1.1 200 OK\r\n").count == 3)
    #expect(text.ranges(of: "now 127.0.0.1\n").count == 2 && text.contains("late\n"))
    #expect(text.hasSuffix("now 127.0.0.1\n"))
  }

  @Test("the same over TLS, with a certificate that the client checks")
  func tls() async throws {
    let (server, client) = try contexts()
    let text = try await exchange(requests, server: server, client: client)
    #expect(text.ranges(of: "HTTP/1.1 200 OK\r\n").count == 3)
    #expect(text.hasSuffix("now 127.0.0.1\n"))
  }

  @Test("TLS below 1.2 is not spoken")
  func oldTLS() async throws {
    let (server, client) = try contexts { configuration in
      configuration.minimumTLSVersion = .tlsv1
      configuration.maximumTLSVersion = .tlsv11
    }
    await #expect(throws: (any Error).self) { try await exchange(requests, server: server, client: client) }
  }

  @Test("TLS files that cannot be used are told by name")
  func badFiles() throws {
    func problem(_ certificate: String, _ key: String) -> String {
      var tls = WeirConfiguration.TLS()
      tls.certificateFile = certificate
      tls.keyFile = key
      do throws(ConfigurationError) {
        _ = try tls.serverContext()
        return ""
      } catch {
        return error.description
      }
    }
    let certificate = try directory.write(Fixture.certificate, as: "cert.pem")
    let key = try directory.write(Fixture.ecPrivate, as: "key.pem")
    let other = try directory.write(Fixture.rsaPrivate, as: "other.pem")
    let text = try directory.write("hello", as: "text")
    #expect(problem(certificate, key) == "")
    #expect(
      problem("/nonexistent", key)
        == "tls.certificateFile: \"/nonexistent\": it cannot be read: there is no such file; correct the path")
    #expect(problem(text, key).hasPrefix("tls.certificateFile: \"\(text)\": it holds no PEM certificate"))
    #expect(problem(certificate, text).hasPrefix("tls.keyFile: \"\(text)\": it holds no PEM private key"))
    #expect(problem(certificate, other).contains("it is not the key of the certificate in \(certificate)"))
    #expect(try WeirConfiguration.TLS().serverContext() == nil)
  }
}

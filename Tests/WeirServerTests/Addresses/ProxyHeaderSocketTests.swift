import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import WeirServer

@Suite("PROXY headers on sockets")
struct ProxyHeaderSocketTests {
  /// Answers whatever comes with the address it was told.
  private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let client: SocketAddress?

    init(_ client: SocketAddress?) { self.client = client }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let text = client.map { "\($0.ipAddress ?? "?") \($0.port ?? 0)" } ?? "nobody"
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
  }

  /// Keeps the first bytes that come.
  private final class FirstBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<String>

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      promise.succeed(String(buffer: unwrapInboundIn(data)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
  }

  @Test("TLS begins behind the header, with the certificate that counts at that time")
  func beforeTLS() async throws {
    let directory = try TemporaryDirectory()
    var settings = WeirConfiguration.TLS()
    settings.certificateFile = try directory.write(Fixture.certificate, as: "cert.pem")
    settings.keyFile = try directory.write(Fixture.ecPrivate, as: "key.pem")
    let box = TLSContextBox(try #require(try settings.serverContext()))
    let renewed = try #require(try settings.serverContext())
    box.adopt(renewed)
    #expect(box.current === renewed)
    let group = MultiThreadedEventLoopGroup.singleton
    let server = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ProxyHeaderHandler { channel, client in
              try channel.pipeline.syncOperations.addHandlers([
                NIOSSLServerHandler(context: box.current), Greeter(client),
              ])
            })
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    var trust = TLSConfiguration.makeClientConfiguration()
    trust.trustRoots = .certificates([try NIOSSLCertificate(bytes: Array(Fixture.certificate.utf8), format: .pem)])
    let context = try NIOSSLContext(configuration: trust)
    let client = try await ClientBootstrap(group: group).connect(to: try #require(server.localAddress)).get()
    let answer = client.eventLoop.makePromise(of: String.self)
    try await client.writeAndFlush(ByteBuffer(string: "PROXY TCP6 2001:db8::7 ::1 4711 443\r\n"))
    try await client.eventLoop.submit {
      try client.pipeline.syncOperations.addHandlers([
        NIOSSLClientHandler(context: context, serverHostname: "localhost"), FirstBytes(answer),
      ])
    }.get()
    client.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
    #expect(try await answer.futureResult.get() == "2001:db8::7 4711")
    try await client.close()
    try await server.close()
  }
}

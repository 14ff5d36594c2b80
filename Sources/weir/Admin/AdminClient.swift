import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import WeirServer

/// Asks a server's `/admin` paths.
struct AdminClient: Sendable {
  /// How long a connection and then each piece of an answer may take.
  private static let patience = TimeAmount.seconds(30)
  private static let maximumStateBytes = 16 << 20

  let place: AdminPlace
  let secret: String
  let caFile: String?

  /// How the server stands.
  func state() async throws -> (AdminState, json: String) {
    let gathered = NIOLockedValueBox(Data())
    try await ask(.GET, "/admin/state") { piece throws(AdminFailure) in
      let count = gathered.withLockedValue { data in
        data.append(contentsOf: piece.readableBytesView)
        return data.count
      }
      if count > Self.maximumStateBytes { throw AdminFailure("The answer is too large for a state; look at the URL.") }
    }
    let data = gathered.withLockedValue { $0 }
    do {
      return (try JSONDecoder().decode(AdminState.self, from: data), String(decoding: data, as: UTF8.self))
    } catch {
      throw AdminFailure("The answer is no state: \(error). Is the server of another version?")
    }
  }

  /// Sends a request without a body and hands the answer's over as it comes, on an event loop. Any other status than 200
  /// is thrown.
  func ask(
    _ method: HTTPMethod, _ target: String, _ body: @escaping @Sendable (ByteBuffer) throws(AdminFailure) -> Void
  ) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let done = loop.makePromise(of: Void.self)
    let tls = place.isSecure ? try tlsContext() : nil
    let place = place
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: loop).connectTimeout(Self.patience)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
              // SNI has no place for addresses.
              let isAddress = (try? SocketAddress(ipAddress: place.host, port: 0)) != nil
              try pipeline.addHandler(
                try NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : place.host))
            }
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandlers([
              IdleStateHandler(readTimeout: Self.patience), AdminAnswerHandler(body, done),
            ])
          }
        }.connect(host: place.host, port: place.port).get()
    } catch {
      done.fail(error)
      throw AdminFailure("\(place.host):\(place.port) cannot be reached (\(error)). Is weir serve running there?")
    }
    var head = HTTPRequestHead(version: .http1_1, method: method, uri: target)
    let host = place.host.contains(":") ? "[\(place.host)]" : place.host
    head.headers = [
      "Host": "\(host):\(place.port)", "Authorization": "Bearer \(secret)", "Connection": "close",
    ]
    if method != .GET { head.headers.add(name: "Content-Length", value: "0") }
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    do {
      try await done.futureResult.get()
    } catch let failure as AdminFailure {
      throw failure
    } catch {
      throw AdminFailure("The connection to \(place.host):\(place.port) failed: \(error). Try again.")
    }
  }

  private func tlsContext() throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    if let caFile { configuration.trustRoots = .file(caFile) }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw AdminFailure("The certificates in \(caFile ?? "the system's store") cannot be used: \(error).")
    }
  }
}

/// One answer: its body goes to whoever asked, its end to a promise.
private final class AdminAnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private let body: (ByteBuffer) throws(AdminFailure) -> Void
  private let done: EventLoopPromise<Void>
  private var status = HTTPResponseStatus.ok
  /// What a refusal says.
  private var words = ""

  init(_ body: @escaping (ByteBuffer) throws(AdminFailure) -> Void, _ done: EventLoopPromise<Void>) {
    self.body = body
    self.done = done
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = head.status
    case .body(let bytes):
      guard status == .ok else {
        if words.utf8.count < 1000 { words += String(buffer: bytes) }
        return
      }
      do throws(AdminFailure) {
        try body(bytes)
      } catch {
        done.fail(error)
        context.close(promise: nil)
      }
    case .end:
      switch status {
      case .ok: done.succeed()
      case .notFound:
        done.fail(
          AdminFailure("The server has no /admin: set admin.secret (WEIR_ADMIN_SECRET) there and start it again."))
      default:
        let sentence = TerminalText.harmless(words).trimmingCharacters(in: .whitespacesAndNewlines)
        done.fail(AdminFailure(sentence.isEmpty ? "The server answered \(status.code)." : sentence))
      }
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    done.fail(AdminFailure("The answer broke off; look into the server's log, then try again."))
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent {
      done.fail(AdminFailure("The server did not answer in time; look into its log, then try again."))
      context.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    done.fail(error)
    context.close(promise: nil)
  }
}

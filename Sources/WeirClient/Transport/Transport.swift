package import NIOCore
internal import NIOSSL
package import WebSocket

/// How connections of one configuration are made: everything that is the same for each of them.
package struct Transport: Sendable {
  private let client: WebSocketClient
  private let target: WebSocketTarget
  private let headers: [(String, String)]
  private let subprotocols: [String]

  /// Reads certificates from disk where TLS needs them: not for an event loop.
  package init(
    _ endpoint: Endpoint, trust: WeirClientConfiguration.Trust, settings: WebSocketClientConfiguration,
    headers: [(String, String)], subprotocols: [String]
  ) throws(WeirClientError) {
    client = WebSocketClient(configuration: settings)
    target = WebSocketTarget(
      host: endpoint.host, port: endpoint.port, path: endpoint.target,
      tls: endpoint.isSecure ? try Self.tls(trust) : nil)
    self.headers = headers
    self.subprotocols = subprotocols
  }

  /// Opens one connection; see `WebSocketClient.connect`.
  package func connect(
    on loop: any EventLoop, makeDelegate: @escaping @Sendable () -> any WebSocketDelegate
  ) -> EventLoopFuture<NIOLoopBound<WebSocketConnection>> {
    client.connect(
      to: target, headers: headers, subprotocols: subprotocols, on: loop, makeDelegate: makeDelegate)
  }

  /// The header that carries a token.
  package static func authorization(_ token: String?) -> [(String, String)] {
    token.map { [("Authorization", "Bearer \($0)")] } ?? []
  }

  private static func tls(_ trust: WeirClientConfiguration.Trust) throws(WeirClientError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = ["http/1.1"]
    switch trust {
    case .system: break
    case .file(let path): configuration.trustRoots = .file(path)
    case .anyone: configuration.certificateVerification = .none
    }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      let what = if case .file(let path) = trust { "the certificates in \(path)" } else { "the system's certificates" }
      let isMissing = (error as? NIOSSLError) == .noSuchFilesystemObject
      throw WeirClientError(
        code: .invalidArgument,
        message: isMissing
          ? "TLS cannot use \(what): there is no such file; correct the path."
          : "TLS cannot use \(what) (\(error)); give a PEM file that can be read.")
    }
  }
}

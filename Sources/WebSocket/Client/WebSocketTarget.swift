import NIOCore
import NIOSSL

/// Where a client connects to.
public struct WebSocketTarget: Sendable {
  /// Name or address, without the brackets of an IPv6 literal.
  public var host: String
  /// TCP port.
  public var port: Int
  /// Path and query, percent-encoded; begins with `/`.
  public var path: String
  /// Makes the connection encrypted; `nil` for plain TCP.
  public var tls: NIOSSLContext?
  /// The name that the server's certificate must hold, if it is not ``host``.
  public var tlsServerName: String?

  /// A target from its parts.
  public init(host: String, port: Int, path: String = "/", tls: NIOSSLContext? = nil, tlsServerName: String? = nil) {
    self.host = host
    self.port = port
    self.path = path
    self.tls = tls
    self.tlsServerName = tlsServerName
  }

  /// A target from a `ws://` or `wss://` URL (RFC 6455 §3). `wss` needs the TLS context that `makeTLS` returns; it is not
  /// called for `ws`.
  public init(url: String, makeTLS: () throws -> NIOSSLContext) throws {
    let isSecure: Bool
    let rest: Substring
    if url.lowercased().hasPrefix("ws://") {
      (isSecure, rest) = (false, url.dropFirst(5))
    } else if url.lowercased().hasPrefix("wss://") {
      (isSecure, rest) = (true, url.dropFirst(6))
    } else {
      throw WebSocketClientError.invalidURL(url, "begin it with ws:// or wss://")
    }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    guard let (host, port) = WebOrigin.hostAndPort(String(rest[..<end])), port != 0 else {
      throw WebSocketClientError.invalidURL(url, "write the server as host, host:port or [IPv6]:port")
    }
    var path = String(rest[end...])
    guard !path.contains("#") else { throw WebSocketClientError.invalidURL(url, "leave out the part behind #") }
    guard path.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw WebSocketClientError.invalidURL(url, "percent-encode spaces and other special characters")
    }
    if !path.hasPrefix("/") { path = "/" + path }
    let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    self.init(host: name, port: port ?? (isSecure ? 443 : 80), path: path, tls: isSecure ? try makeTLS() : nil)
  }

  /// Value of the Host header.
  var hostHeader: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (tls == nil ? 80 : 443) ? name : "\(name):\(port)"
  }

  /// The name to send and verify in TLS; `nil` for an address, which is verified as one.
  var verifiedName: String? {
    if let tlsServerName { return tlsServerName }
    return (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
  }
}

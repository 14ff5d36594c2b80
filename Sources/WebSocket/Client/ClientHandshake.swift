import NIOCore

/// The client's side of the opening handshake (RFC 6455 §4.1): the request, and what the answer must be.
struct ClientHandshake: Sendable {
  private static let ownHeaders: Set<String> = [
    "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol",
    "sec-websocket-extensions", "content-length", "transfer-encoding",
  ]

  /// What the answer may be.
  enum Answer {
    case upgraded(subprotocol: String?, deflate: DeflateParameters?)
    case refused(status: Int, reason: String, headers: HeaderFields)
  }

  let key: String
  /// The head to send.
  let head: [UInt8]
  private let subprotocols: [String]
  private let deflate: DeflateConfiguration?

  init(
    _ target: WebSocketTarget, headers: [(String, String)], subprotocols: [String], deflate: DeflateConfiguration?,
    key: String = AcceptKey.random()
  ) throws(WebSocketClientError) {
    self.key = key
    self.subprotocols = subprotocols
    self.deflate = deflate
    guard !target.path.isEmpty, target.path.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw .invalidURL(target.path, "percent-encode the path and begin it with /")
    }
    var text = "GET \(target.path) HTTP/1.1\r\nHost: \(target.hostHeader)\r\n"
    text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n"
    for name in subprotocols where name.isEmpty || !name.utf8.allSatisfy(TokenScanner.isTokenByte) {
      throw .invalidHeader(name)
    }
    if !subprotocols.isEmpty { text += "Sec-WebSocket-Protocol: \(subprotocols.joined(separator: ", "))\r\n" }
    if let deflate { text += "Sec-WebSocket-Extensions: \(DeflateNegotiation.offer(deflate))\r\n" }
    for (name, value) in headers {
      guard ServerHandshake.isSafe(name, value), !Self.ownHeaders.contains(name.lowercased()) else {
        throw .invalidHeader(name)
      }
      text += "\(name): \(value)\r\n"
    }
    head = Array((text + "\r\n").utf8)
    guard head.count <= 65_535 else { throw .invalidHeader("of \(head.count) bytes: all together may have 65,535") }
  }

  /// Judges the server's answer, whose bytes end with CR LF CR LF.
  func check(_ bytes: [UInt8], limits: HeadLimits) throws(WebSocketClientError) -> Answer {
    let parsed: MessageHead
    do throws(Refusal) {
      parsed = try MessageHead(bytes, maximumHeaders: limits.maximumHeaders)
    } catch {
      throw .invalidUpgrade("not an HTTP answer")
    }
    let parts = bytes[parsed.startLine].split(separator: 32, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].starts(with: "HTTP/1.".utf8), parts[1].count == 3,
      let status = Int(String(decoding: parts[1], as: UTF8.self)), (100...599).contains(status)
    else { throw .invalidUpgrade("not an HTTP answer") }
    guard status == 101 else {
      let reason = parts.count > 2 ? String(decoding: parts[2], as: UTF8.self) : ""
      return .refused(status: status, reason: reason, headers: parsed.fields)
    }
    return try checkUpgrade(parsed.fields)
  }

  private func checkUpgrade(_ fields: HeaderFields) throws(WebSocketClientError) -> Answer {
    guard fields.containsToken("websocket", in: "Upgrade"), fields.containsToken("upgrade", in: "Connection") else {
      throw .invalidUpgrade("Upgrade: websocket and Connection: Upgrade are missing")
    }
    guard fields.values(of: "Sec-WebSocket-Accept") == [AcceptKey.accept(for: key)] else {
      throw .invalidUpgrade("Sec-WebSocket-Accept does not fit the key")
    }
    let chosen = fields.values(of: "Sec-WebSocket-Protocol")
    guard chosen.count <= 1, chosen.allSatisfy(subprotocols.contains) else {
      throw .invalidUpgrade("the server chose a subprotocol that was not offered")
    }
    guard let extensions = ExtensionElement.parse(fields.values(of: "Sec-WebSocket-Extensions")) else {
      throw .invalidUpgrade("Sec-WebSocket-Extensions does not follow RFC 6455 section 9.1")
    }
    do throws(NegotiationError) {
      let agreed = try DeflateNegotiation.confirm(extensions, offered: deflate)
      return .upgraded(subprotocol: chosen.first, deflate: agreed)
    } catch {
      throw .invalidUpgrade(error.reason)
    }
  }
}

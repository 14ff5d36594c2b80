import NIOCore

/// The server's side of the opening handshake (RFC 6455 §4.2): what a request must have, and the answer.
enum ServerHandshake {
  /// A request that passed the checks.
  struct Checked: Sendable {
    let key: String
    let deflate: DeflateParameters?
    /// Value of our Sec-WebSocket-Extensions.
    let extensions: String?
  }

  /// Whether the request asks for WebSocket at all; what does not is somebody else's to answer.
  static func isUpgrade(_ request: UpgradeRequest) -> Bool {
    request.headers.containsToken("websocket", in: "Upgrade")
  }

  static func check(
    _ request: UpgradeRequest, origins: OriginPolicy, deflate: DeflateConfiguration?
  ) throws(Refusal) -> Checked {
    guard request.method == "GET" else {
      throw Refusal(.methodNotAllowed, "a WebSocket opens with GET", headers: [("Allow", "GET")])
    }
    guard request.version == "HTTP/1.1" else { throw Refusal(.badRequest, "a WebSocket needs HTTP/1.1") }
    let headers = request.headers
    guard headers.containsToken("upgrade", in: "Connection") else {
      throw Refusal(.badRequest, "the header Connection: Upgrade is missing")
    }
    let hosts = headers.values(of: "Host")
    guard hosts.count == 1, let host = hosts.first, WebOrigin.hostAndPort(host) != nil else {
      throw Refusal(.badRequest, "exactly one valid Host header is needed")
    }
    guard headers.values(of: "Sec-WebSocket-Version") == ["13"] else {
      throw Refusal(
        .upgradeRequired, "only WebSocket version 13 is spoken here",
        headers: [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")])
    }
    let keys = headers.values(of: "Sec-WebSocket-Key")
    guard keys.count == 1, let key = keys.first, AcceptKey.isValid(key) else {
      throw Refusal(.badRequest, "Sec-WebSocket-Key must be there once and be 16 bytes in base64")
    }
    guard headers["Transfer-Encoding"] == nil, headers.values(of: "Content-Length").allSatisfy({ $0 == "0" }) else {
      throw Refusal(.badRequest, "the opening request must not have a body")
    }
    guard origins.allows(origins: headers.values(of: "Origin"), host: host) else {
      throw Refusal(.forbidden, "pages of this origin may not connect: add it to the allowed origins")
    }
    guard TokenScanner.tokens(headers.values(of: "Sec-WebSocket-Protocol")) != nil else {
      throw Refusal(.badRequest, "Sec-WebSocket-Protocol must be a list of tokens")
    }
    guard let extensions = ExtensionElement.parse(headers.values(of: "Sec-WebSocket-Extensions")) else {
      throw Refusal(.badRequest, "Sec-WebSocket-Extensions does not follow RFC 6455 section 9.1")
    }
    let agreed = deflate.flatMap { DeflateNegotiation.accept(extensions, $0) }
    return Checked(key: key, deflate: agreed?.parameters, extensions: agreed?.answer)
  }

  /// The 101 response. Throws when what the application adds would break it.
  static func response(
    _ checked: Checked, _ request: UpgradeRequest, subprotocol: String?, headers: [(String, String)]
  ) throws(Refusal) -> ByteBuffer {
    if let subprotocol, !request.subprotocols.contains(subprotocol) {
      throw Refusal(.internalServerError, "the server chose a subprotocol that was not offered")
    }
    var response = ByteBufferAllocator().buffer(capacity: 512)
    response.writeStaticString(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
    response.writeString(AcceptKey.accept(for: checked.key))
    response.writeStaticString("\r\n")
    if let subprotocol { response.writeString("Sec-WebSocket-Protocol: \(subprotocol)\r\n") }
    if let extensions = checked.extensions { response.writeString("Sec-WebSocket-Extensions: \(extensions)\r\n") }
    for (name, value) in headers {
      guard isSafe(name, value) else {
        throw Refusal(.internalServerError, "the server added a header that is not valid")
      }
      response.writeString("\(name): \(value)\r\n")
    }
    response.writeStaticString("\r\n")
    return response
  }

  /// A final answer that is not an upgrade. Headers that are not valid are left out.
  static func response(_ refusal: Refusal) -> ByteBuffer {
    var response = ByteBuffer()
    let reason = isSafe("x", refusal.reason) ? refusal.reason : HTTPStatus.phrase(refusal.status)
    response.writeString("HTTP/1.1 \(refusal.status) \(reason)\r\n")
    for (name, value) in refusal.headers where isSafe(name, value) { response.writeString("\(name): \(value)\r\n") }
    if !refusal.headers.contains(where: { $0.0.lowercased() == "content-type" }), !refusal.body.isEmpty {
      response.writeStaticString("Content-Type: text/plain; charset=utf-8\r\n")
    }
    response.writeString("Content-Length: \(refusal.body.utf8.count)\r\nConnection: close\r\n\r\n")
    response.writeString(refusal.body)
    return response
  }

  /// No line break or other control character that would start a header of its own.
  static func isSafe(_ name: String, _ value: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy(TokenScanner.isTokenByte)
      && value.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
  }
}

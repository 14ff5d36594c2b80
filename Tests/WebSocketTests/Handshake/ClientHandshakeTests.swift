import NIOCore
import Testing

@testable import WebSocket

@Suite struct ClientHandshakeTests {
  private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  private static let good = [
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  ]

  private func handshake(deflate: DeflateConfiguration? = nil) throws -> ClientHandshake {
    try ClientHandshake(
      WebSocketTarget(host: "::1", port: 8080, path: "/a?b"), headers: [("X-Y", "z")], subprotocols: ["p", "q"],
      deflate: deflate, key: Self.key)
  }

  private func check(_ line: String, _ headers: [String]) throws -> ClientHandshake.Answer {
    let text = ([line] + headers).map { $0 + "\r\n" }.joined() + "\r\n"
    return try handshake().check(Array(text.utf8), limits: HeadLimits())
  }

  @Test("the request holds what RFC 6455 section 4.1 asks for")
  func request() throws {
    let text = String(decoding: try handshake(deflate: DeflateConfiguration()).head, as: UTF8.self)
    #expect(text.hasPrefix("GET /a?b HTTP/1.1\r\nHost: [::1]:8080\r\n"))
    for line in [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(Self.key)", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: p, q", "X-Y: z",
      "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
    ] { #expect(text.contains("\r\n\(line)\r\n")) }
    #expect(text.hasSuffix("\r\n\r\n"))
  }

  @Test("a proper answer opens the connection")
  func accepted() throws {
    let answer = try check("HTTP/1.1 101 Switching Protocols", Self.good + ["sec-websocket-protocol: q"])
    guard case .upgraded(let subprotocol, let deflate) = answer else {
      Issue.record("not upgraded")
      return
    }
    #expect(subprotocol == "q")
    #expect(deflate == nil)
  }

  @Test("an answer that proves nothing is not accepted")
  func notAccepted() {
    let line = "HTTP/1.1 101 Switching Protocols"
    for missing in Self.good {
      #expect(throws: WebSocketClientError.self) { try check(line, Self.good.filter { $0 != missing }) }
    }
    #expect(throws: WebSocketClientError.self) {
      try check(line, Array(Self.good.dropLast()) + ["Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo="])
    }
    for extra in [
      "Sec-WebSocket-Protocol: other", "Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Extensions: ;",
    ] {
      #expect(throws: WebSocketClientError.self) { try check(line, Self.good + [extra]) }
    }
    #expect(throws: WebSocketClientError.self) { try check("SSH-2.0-OpenSSH", []) }
    #expect(throws: WebSocketClientError.self) { try check("HTTP/1.1 abc", []) }
  }

  @Test("any other status is a refusal with its headers")
  func refused() throws {
    guard case .refused(let status, let reason, let headers) = try check("HTTP/1.1 503 Go Away", ["Retry-After: 7"])
    else {
      Issue.record("not refused")
      return
    }
    #expect(status == 503)
    #expect(reason == "Go Away")
    #expect(headers["retry-after"] == "7")
  }

  @Test("headers and subprotocols that would break the request are not sent")
  func injection() {
    let target = WebSocketTarget(host: "a", port: 80)
    for (name, value) in [("A", "b\r\nC: d"), ("A b", "c"), ("Host", "x"), ("sec-websocket-key", "x")] {
      #expect(throws: WebSocketClientError.self) {
        try ClientHandshake(target, headers: [(name, value)], subprotocols: [], deflate: nil)
      }
    }
    #expect(throws: WebSocketClientError.self) {
      try ClientHandshake(target, headers: [], subprotocols: ["a b"], deflate: nil)
    }
    #expect(throws: WebSocketClientError.self) {
      try ClientHandshake(
        WebSocketTarget(host: "a", port: 80, path: "/ HTTP/1.1\r\nX: y"), headers: [], subprotocols: [], deflate: nil)
    }
  }

  @Test(
    "URLs are taken apart",
    arguments: [
      ("ws://localhost", "localhost", 80, "/"), ("ws://h:9001/a?b=c", "h", 9001, "/a?b=c"),
      ("WS://[::1]:1", "::1", 1, "/"),
      ("ws://h?x", "h", 80, "/?x"),
    ])
  func url(text: String, host: String, port: Int, path: String) throws {
    let target = try WebSocketTarget(url: text) { throw WebSocketClientError.timedOut }
    #expect(target.host == host && target.port == port && target.path == path)
  }

  @Test(
    "what is not a WebSocket URL is refused with advice",
    arguments: ["http://h", "h:80", "ws://", "ws://h:x", "ws://h:70000", "ws://h/a#b", "ws://h/a b", "ws://u@h/"])
  func badURL(text: String) {
    #expect(throws: WebSocketClientError.self) {
      try WebSocketTarget(url: text) { throw WebSocketClientError.timedOut }
    }
  }
}

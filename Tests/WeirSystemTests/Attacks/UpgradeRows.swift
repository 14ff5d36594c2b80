/// Upgrade requests that must be refused.
enum UpgradeRows {
  typealias Row = SystemTests.UpgradeAttacks.Row

  private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

  private static func with(_ lines: String, port: Int) -> String {
    HandFrames.request(port: port) + lines + "\r\n\r\n"
  }

  private static func without(_ line: String, port: Int) -> String {
    HandFrames.request(port: port).replacing(line, with: "") + "\r\n"
  }

  private static func replacing(_ text: String, with other: String, port: Int) -> String {
    HandFrames.request(port: port).replacing(text, with: other) + "\r\n"
  }

  /// RFC 6455 section 4.2.1.
  static func handshakes(port: Int) -> [Row] {
    [
      Row(name: "no key", request: without("Sec-WebSocket-Key: \(key)\r\n", port: port), statuses: [400]),
      Row(name: "key of 15 bytes", request: replacing(key, with: "dGhlIHNhbXBsZSBub25j", port: port), statuses: [400]),
      Row(
        name: "key that is no base64", request: replacing(key, with: "!GhlIHNhbXBsZSBub25jZQ==", port: port),
        statuses: [400]),
      Row(name: "two keys", request: with("Sec-WebSocket-Key: \(key)", port: port), statuses: [400]),
      Row(
        name: "version 12", request: replacing("Version: 13", with: "Version: 12", port: port), statuses: [426],
        header: ("sec-websocket-version", "13")),
      Row(
        name: "no version", request: without("Sec-WebSocket-Version: 13\r\n", port: port), statuses: [400, 426]),
      Row(name: "POST", request: replacing("GET ", with: "POST ", port: port), statuses: [405]),
      Row(name: "HTTP/1.0", request: replacing("HTTP/1.1", with: "HTTP/1.0", port: port), statuses: [400, 505]),
      Row(name: "HTTP/2.0", request: replacing("HTTP/1.1", with: "HTTP/2.0", port: port), statuses: [400, 505]),
      Row(name: "an unknown subprotocol", request: with("Sec-WebSocket-Protocol: mqtt", port: port), statuses: [400]),
      Row(
        name: "another path", request: HandFrames.request(path: "/elsewhere", port: port) + "\r\n", statuses: [404]),
      Row(
        name: "a way round through dots", request: HandFrames.request(path: "/ws/../admin/state", port: port) + "\r\n",
        statuses: [404]),
      Row(name: "two slashes", request: HandFrames.request(path: "//ws", port: port) + "\r\n", statuses: [404]),
    ]
  }

  /// RFC 6455 section 10.2: pages of others (CSWSH).
  static func origins(port: Int) -> [Row] {
    [
      "https://evil.example.net", "null", "http://127.0.0.1:\(port).evil.net", "http://127.0.0.1:\(port + 1)",
      "http://127.0.0.1", "http://127.0.0.1:\(port)@evil.net", "http://evil.net/127.0.0.1:\(port)", "127.0.0.1:\(port)",
      "file://", "http://[::1]:\(port)", "http://localhost:\(port)",
    ].map { Row(name: "origin \($0)", request: with("Origin: \($0)", port: port), statuses: [403]) } + [
      Row(
        name: "two origins",
        request: with("Origin: http://127.0.0.1:\(port)\r\nOrigin: https://evil.example.net", port: port),
        statuses: [400, 403])
    ]
  }

  /// Bounds on the head.
  static func sizes(port: Int) -> [Row] {
    [
      Row(
        name: "2000 headers (CVE-2024-37890)",
        request: HandFrames.request(port: port) + (0..<2000).map { "X\($0): y\r\n" }.joined() + "\r\n",
        statuses: [431]),
      Row(
        name: "17 KB of header", request: with("X: " + String(repeating: "x", count: 17_000), port: port),
        statuses: [431]),
      Row(
        name: "a megabyte of header without an end",
        request: HandFrames.request(port: port) + "X: " + String(repeating: "x", count: 1 << 20), statuses: [431]),
      Row(
        name: "9 KB of target",
        request: HandFrames.request(path: "/" + String(repeating: "x", count: 9000), port: port) + "\r\n",
        statuses: [414]),
      Row(
        name: "a subprotocol of spaces (CVE-2021-32640)",
        request: with("Sec-WebSocket-Protocol: b" + String(repeating: " ", count: 32_000) + "x", port: port),
        statuses: [400, 431]),
      Row(
        name: "a token of 15 KB in the query",
        request: HandFrames.request(
          path: "/?token=" + String(repeating: "x", count: 15_000), port: port) + "\r\n",
        statuses: [414]),
    ]
  }

  /// RFC 9112 sections 2.2, 3.2, 5.1, 6.3: what two readers could understand in two ways.
  static func lines(port: Int) -> [Row] {
    [
      Row(name: "no host", request: without("Host: 127.0.0.1:\(port)\r\n", port: port), statuses: [400]),
      Row(name: "two hosts", request: with("Host: evil.example.net", port: port), statuses: [400]),
      Row(name: "space before the colon", request: with("X : y", port: port), statuses: [400]),
      Row(name: "a folded header", request: with("X: y\r\n z", port: port), statuses: [400]),
      Row(name: "a NUL in a header", request: with("X: a\u{0}b", port: port), statuses: [400]),
      Row(name: "a bare CR in a header", request: with("X: a\rX-Injected: b", port: port), statuses: [400]),
      Row(name: "an empty name", request: with(": y", port: port), statuses: [400]),
      Row(name: "a line that is no header", request: with("nonsense", port: port), statuses: [400]),
      Row(name: "a body", request: with("Content-Length: 5", port: port) + "hello", statuses: [400]),
      Row(
        name: "chunks behind an upgrade", request: with("Transfer-Encoding: chunked", port: port) + "0\r\n\r\n",
        statuses: [400]),
      Row(
        name: "a length and chunks",
        request: with("Content-Length: 5\r\nTransfer-Encoding: chunked", port: port) + "0\r\n\r\n", statuses: [400]),
      Row(
        name: "a header in a subprotocol",
        request: with(
          "Sec-WebSocket-Protocol: weir.v1\rX-Injected: 1, weir.v1", port: port),
        statuses: [400]),
      Row(
        name: "an encoded header in a subprotocol",
        request: with(
          "Sec-WebSocket-Protocol: weir.v1%0d%0aX-Injected: 1", port: port),
        statuses: [400]),
      Row(
        name: "another's name in an absolute target",
        request: replacing("GET / ", with: "GET http://evil.example.net/elsewhere ", port: port), statuses: [400, 404]),
      Row(
        name: "a target with an authority only",
        request: replacing("GET / ", with: "GET evil.example.net:80 ", port: port),
        statuses: [400, 404]),
      Row(name: "a target of a star", request: replacing("GET / ", with: "GET * ", port: port), statuses: [400, 404]),
      Row(name: "a target with a space", request: replacing("GET / ", with: "GET /a b ", port: port), statuses: [400]),
      Row(
        name: "bytes over ASCII in the target", request: replacing("GET / ", with: "GET /\u{202E}ws ", port: port),
        statuses: [400]),
    ]
  }
}

/// Where a WebSocket server is: the parts of a URL that a connection needs.
///
/// Accepted: `ws://`, `wss://`, `http://` and `https://` URLs, and a bare `host`, `host:port` or `:port` with an
/// optional path, which means `ws://`. A fragment and a user before the host are refused, as RFC 6455 section 3 asks.
package struct Endpoint: Sendable, Equatable {
  /// Whether the connection is encrypted.
  package var isSecure: Bool
  /// A name or an address; an IPv6 address without its brackets.
  package var host: String
  /// The TCP port.
  package var port: Int
  /// The path with the query, beginning with a slash.
  package var target: String

  /// Where a server with default settings listens.
  package static let `default` = Endpoint(isSecure: false, host: "127.0.0.1", port: 8080, target: "/")

  package init(isSecure: Bool, host: String, port: Int, target: String) {
    self.isSecure = isSecure
    self.host = host
    self.port = port
    self.target = target
  }

  /// Reads a URL as a person types it. An empty one is the default.
  package init(parsing text: String) throws(WeirClientError) {
    if text.isEmpty {
      self = .default
      return
    }
    guard text.utf8.count <= 8_192 else {
      throw Self.refuse("The URL is longer than 8192 bytes; shorten it.")
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Self.refuse("The URL \"\(text)\" has blanks or characters beyond ASCII; percent-encode them.")
    }
    var rest = text[...]
    var secure = false
    var isBare = true
    if let separator = Self.schemeEnd(of: rest) {
      let scheme = rest[..<separator.lowerBound].lowercased()
      switch scheme {
      case "ws", "http": secure = false
      case "wss", "https": secure = true
      default:
        throw Self.refuse("The URL \"\(text)\" begins with \"\(scheme)://\"; use ws:// or wss://.")
      }
      rest = rest[separator.upperBound...]
      isBare = false
    }
    if rest.contains("#") {
      throw Self.refuse("The URL \"\(text)\" has a fragment (#...), which WebSocket does not allow; remove it.")
    }
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<authorityEnd]
    if authority.contains("@") {
      throw Self.refuse("The URL has a user or password before the host; give them with --token or a header.")
    }
    var target = String(rest[authorityEnd...])
    if !target.hasPrefix("/") { target = "/" + target }
    let (host, port) = try Self.split(authority: authority, of: text)
    self.isSecure = secure
    self.host = host.isEmpty ? Self.default.host : host
    self.port = port ?? (isBare ? Self.default.port : (secure ? 443 : 80))
    self.target = target
    if host.isEmpty, !isBare || port == nil {
      throw Self.refuse("The URL \"\(text)\" has no host; write it as ws://host:port/.")
    }
  }

  /// The value of the `Host` header: the port is left out where it is the scheme's own.
  package var hostHeader: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// The whole as a URL.
  package var url: String {
    "\(isSecure ? "wss" : "ws")://\(hostHeader)\(target)"
  }

  /// The same with `name=value` added to the query, the value percent-encoded.
  package func addingQuery(_ name: String, _ value: String) -> Endpoint {
    var copy = self
    copy.target += (target.contains("?") ? (target.hasSuffix("?") ? "" : "&") : "?") + name + "="
    copy.target += Self.percentEncoded(value)
    return copy
  }

  private static func schemeEnd(of text: Substring) -> Range<Substring.Index>? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let tail = text[colon...]
    guard tail.hasPrefix("://") else { return nil }
    return colon..<text.index(colon, offsetBy: 3)
  }

  private static func split(
    authority: Substring, of url: String
  ) throws(WeirClientError) -> (host: String, port: Int?) {
    var host = authority
    var portText: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else {
        throw refuse("The URL \"\(url)\" opens a bracket and does not close it; write [::1]:8080.")
      }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let tail = authority[authority.index(after: end)...]
      guard tail.isEmpty || tail.hasPrefix(":") else {
        throw refuse("The URL \"\(url)\" has \"\(tail)\" after the address; write [::1]:8080.")
      }
      portText = tail.isEmpty ? nil : tail.dropFirst()
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" }) else {
        throw refuse("The URL \"\(url)\" has no IPv6 address between its brackets; write [::1]:8080.")
      }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      portText = authority[authority.index(after: colon)...]
    }
    let allowed = authority.hasPrefix("[") || host.utf8.allSatisfy { isHostByte($0) }
    guard allowed, host.utf8.count <= 255 else {
      throw refuse("The URL \"\(url)\" has a host with characters that no host name has; check it.")
    }
    guard let portText, !portText.isEmpty else { return (String(host), nil) }
    guard portText.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = Int(portText), (1...65_535) ~= port
    else {
      throw refuse("The URL \"\(url)\" has the port \"\(portText)\"; a port is a number from 1 to 65535.")
    }
    return (String(host), port)
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func percentEncoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isHostByte(byte) || byte == UInt8(ascii: "~") {
        bytes.append(byte)
      } else {
        bytes.append(UInt8(ascii: "%"))
        bytes.append(contentsOf: Hex.uppercase(byte))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func refuse(_ sentence: String) -> WeirClientError {
    WeirClientError(code: .invalidArgument, message: sentence)
  }
}

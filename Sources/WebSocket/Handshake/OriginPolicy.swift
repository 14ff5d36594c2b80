/// Which web pages may connect. Browsers send the page's origin and cannot be made to lie about it; without this check any
/// page could use its visitor's cookies and network (cross-site WebSocket hijacking). Other clients need not send one.
public enum OriginPolicy: Sendable, Equatable {
  /// Pages of the host that is connected to, and requests without an Origin. The default.
  case sameHost
  /// Everybody: for servers that take no credentials from the browser's own store.
  case any
  /// Pages of these origins (`https://chat.example.com`, with a port if it is not the scheme's), compared as a whole, and
  /// requests without an Origin.
  case list([String])

  /// Whether a request with these Origin and Host headers may connect.
  package func allows(origins: [String], host: String) -> Bool {
    guard self != .any, let origin = origins.first else { return true }
    guard origins.count == 1, let asked = WebOrigin(origin) else { return false }
    switch self {
    case .any: return true
    case .list(let allowed): return allowed.contains { WebOrigin($0) == asked }
    case .sameHost: return asked.isHost(host)
    }
  }
}

/// scheme://host[:port] (RFC 6454), in lower case with the port written out. `null` and everything else is none.
struct WebOrigin: Equatable {
  let scheme: String
  let host: String
  let port: Int

  init?(_ text: String) {
    guard let separator = text.firstIndex(of: ":"), text[separator...].hasPrefix("://") else { return nil }
    scheme = text[..<separator].lowercased()
    let authority = String(text[text.index(separator, offsetBy: 3)...])
    let standard: Int
    switch scheme {
    case "http", "ws": standard = 80
    case "https", "wss": standard = 443
    default: return nil
    }
    guard let (host, port) = Self.hostAndPort(authority) else { return nil }
    self.host = host
    self.port = port ?? standard
  }

  /// Whether a Host header names this origin's host and port. Without a port it means the standard one of either scheme:
  /// where TLS ends in front of us, ours is not the scheme the browser sees.
  func isHost(_ header: String) -> Bool {
    guard let (host, port) = Self.hostAndPort(header), host == self.host else { return false }
    if let port { return port == self.port }
    return self.port == 80 || self.port == 443
  }

  /// Splits `host`, `host:port` or `[v6]:port`. Nothing that an attacker could hide a second host in passes.
  static func hostAndPort(_ text: String) -> (host: String, port: Int?)? {
    var host = Substring(text)
    var port: Int?
    let colon = text.lastIndex(of: ":")
    let bracket = text.lastIndex(of: "]")
    if let colon, bracket.map({ $0 < colon }) ?? true {
      let digits = text[text.index(after: colon)...]
      guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let number = UInt16(digits) else {
        return nil
      }
      port = Int(number)
      host = text[..<colon]
    }
    let isAddress = host.hasPrefix("[") && host.hasSuffix("]")
    let name = isAddress ? host.dropFirst().dropLast() : host
    let valid = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
      case UInt8(ascii: ":"): isAddress
      default: false
      }
    }
    guard valid, !name.isEmpty else { return nil }
    return (host.lowercased(), port)
  }
}

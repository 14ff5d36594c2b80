import Glibc

/// Where the load goes: `ws://HOST:PORT/PATH?QUERY`, `http://HOST:PORT/PATH` for OpenAI's API, or `tcp://HOST:PORT` for a
/// server without any protocol, whose bare socket is the measure of what a protocol costs.
struct Target {
  enum Scheme: String, CaseIterable {
    case webSocket = "ws://"
    case http = "http://"
    case bare = "tcp://"
  }

  let scheme: Scheme
  /// HOST:PORT, as it stands in the Host header.
  let authority: String
  /// Path and query.
  let path: String
  /// The first IPv4 address of HOST.
  let address: sockaddr_in

  init(_ url: String) throws(BenchFailure) {
    guard let scheme = Scheme.allCases.first(where: { url.hasPrefix($0.rawValue) }) else {
      throw BenchFailure(
        "\"\(url)\" does not begin with ws://, http:// or tcp://; the load generator speaks no TLS. Correct --url.")
    }
    self.scheme = scheme
    let rest = url.dropFirst(scheme.rawValue.count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    authority = String(rest[..<end])
    path = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, let host = parts.first, !host.isEmpty, let port = parts.count == 2 ? UInt16(parts[1]) : 80
    else { throw BenchFailure("\"\(authority)\" is not HOST:PORT. Correct --url.") }
    address = try Self.resolve(String(host), port: port)
  }

  var isBare: Bool { scheme == .bare }

  /// Whether connections may come from any address in 127.0.0.0/8.
  var isLoopback: Bool { UInt32(bigEndian: address.sin_addr.s_addr) >> 24 == 127 }

  /// The path with `name=value` added to its query. Both must need no escaping.
  func path(adding name: String, _ value: String) -> String {
    path + (path.contains("?") ? "&" : "?") + "\(name)=\(value)"
  }

  private static func resolve(_ host: String, port: UInt16) throws(BenchFailure) -> sockaddr_in {
    var hints = addrinfo()
    hints.ai_family = AF_INET
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list?.pointee, let bytes = first.ai_addr else {
      throw BenchFailure("\"\(host)\" has no IPv4 address. Correct --url.")
    }
    defer { freeaddrinfo(list) }
    // AF_INET was asked for, so the record is a sockaddr_in.
    var address = bytes.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee }
    address.sin_port = port.bigEndian
    return address
  }
}

import Glibc
package import NIOCore

/// What belongs to this machine alone.
package enum Loopback {
  /// Whether the other end is on this machine: 127.0.0.0/8, ::1, the first as IPv6 writes it, or a Unix socket.
  package static func contains(_ address: SocketAddress) -> Bool {
    switch address {
    case .unixDomainSocket: return true
    case .v4, .v6:
      guard let text = address.ipAddress else { return false }
      return isAddress(text)
    }
  }

  /// Whether a `Host` header's name, with or without a port, can only mean this machine.
  package static func isName(_ host: String) -> Bool {
    var name = host.lowercased()[...]
    if name.hasPrefix("[") {
      guard let end = name.firstIndex(of: "]") else { return false }
      return isAddress(String(name[name.index(after: name.startIndex)..<end]))
    }
    if let colon = name.firstIndex(of: ":") { name = name[..<colon] }
    if name.hasSuffix(".") { name.removeLast() }
    // RFC 6761 §6.3: localhost and the names below it resolve to the loopback address and to nothing else.
    return name == "localhost" || name.hasSuffix(".localhost") || isAddress(String(name))
  }

  private static func isAddress(_ text: String) -> Bool {
    // 4 bytes for IPv4, 16 for IPv6: what inet_pton writes.
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return bytes[0] == 127 }
    if inet_pton(AF_INET6, text, &bytes) == 1 {
      let isOne = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      return isOne || (isMapped && bytes[12] == 127)
    }
    return false
  }
}

package import NIOCore

/// Whose address counts: the other end's, or the one that a trusted proxy tells.
package struct ClientAddress: Sendable {
  private let trusted: [AddressRange]
  private let carrier: WeirConfiguration.Proxies.Carrier

  package init(_ proxies: WeirConfiguration.Proxies) {
    trusted = proxies.trusted
    carrier = proxies.carrier
  }

  /// Whether the peer's connection begins with a PROXY header. Others' bytes are never read as one.
  package func expectsProxyHeader(from peer: SocketAddress?) -> Bool {
    carrier == .proxyProtocol && isTrusted(peer)
  }

  /// Whether the peer tells its clients' addresses in each request, so that its own does not count.
  package func expectsForwardedFor(from peer: SocketAddress?) -> Bool {
    carrier == .forwardedFor && isTrusted(peer)
  }

  /// The client of a request that came from `peer`. `headers` are the values of `X-Forwarded-For`, in order; asked for only
  /// if they count.
  ///
  /// Each proxy adds its peer's address at the right. So the rightmost that is not a trusted proxy is the client; all
  /// further left is the client's own claim. Where a proxy wrote something that is no address, the proxy is as far as
  /// anybody knows.
  package func client(peer: SocketAddress?, forwardedFor headers: @autoclosure () -> [String]) -> IPAddress? {
    guard let peer, var nearest = IPAddress(peer) else { return nil }
    guard expectsForwardedFor(from: peer) else { return nearest }
    var hops = 0
    for header in headers().reversed() {
      for entry in header.utf8.split(separator: UInt8(ascii: ",")).reversed() {
        hops += 1
        guard hops <= ClientAddress.maximumHops, let address = ClientAddress.address(entry) else { return nearest }
        nearest = address
        if !trusted.contains(address) { return nearest }
      }
    }
    return nearest
  }

  private func isTrusted(_ peer: SocketAddress?) -> Bool {
    peer.flatMap { IPAddress($0) }.map { trusted.contains($0) } ?? false
  }

  /// No chain of proxies is longer.
  private static let maximumHops = 32

  /// An entry as proxies write it: an address, in brackets or not, with a port or not.
  private static func address(_ entry: Substring.UTF8View) -> IPAddress? {
    var text = Substring(entry).drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    // Longer than any address with brackets and port.
    guard text.utf8.count <= 64 else { return nil }
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
      return IPAddress(text[text.index(after: text.startIndex)..<end])
    }
    // One colon is a port's; an IPv6 address has two or more.
    if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
      return isPort(text[colon...]) ? IPAddress(text[..<colon]) : nil
    }
    return IPAddress(text)
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || (text.first == ":" && UInt16(text.dropFirst()) != nil)
  }
}

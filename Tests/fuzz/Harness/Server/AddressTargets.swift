import NIOCore

@testable import WeirServer

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// What proxies say of their clients.
enum AddressTargets {
  static let all = [
    FuzzTarget("proxy-header", maximumBytes: 256, run: proxyHeader),
    FuzzTarget("forwarded-for", maximumBytes: 256, start: forwardedFor),
  ]

  /// A PROXY header is the same however much of the connection has come, and never longer than what there is.
  private static func proxyHeader(_ bytes: UnsafeRawBufferPointer) throws {
    let bytes = Array(bytes)
    let outcome = ProxyHeader.parse(bytes)
    guard case .header(let header, let length) = outcome else { return try isSteady(bytes, outcome) }
    try promise((1...min(bytes.count, ProxyHeader.maximumBytes)).contains(length), "a header is in its bytes")
    // Two beginnings of each input, not all: the many inputs make up for it.
    for count in [length / 2, length - 1] {
      try promise(ProxyHeader.parse(bytes[..<count]) == .incomplete, "a header is none before its end")
    }
    try promise(ProxyHeader.parse(bytes[..<length]) == outcome, "what follows a header is no part of it")
    if case .client(let address, let port) = header {
      try isSound(address)
      try promise(address.socketAddress(port: port) != nil, "a client has an address")
    }
  }

  /// What is no header does not become one by waiting.
  private static func isSteady(_ bytes: [UInt8], _ outcome: ProxyHeader.Outcome) throws {
    for count in [bytes.count / 2, bytes.count - 1] where count >= 0 {
      let earlier = ProxyHeader.parse(bytes[..<count])
      if case .header = earlier { throw Finding("broken: a header stays one, at \(count) of \(bytes.count)") }
      if case .invalid = earlier, outcome == .incomplete { throw Finding("broken: what is refused stays so") }
    }
  }

  /// The client is the peer, or an address that a trusted proxy wrote.
  private static let forwardedFor: @Sendable () throws -> FuzzTarget.Run = {
    var proxies = WeirConfiguration.Proxies()
    proxies.carrier = .forwardedFor
    proxies.trusted = ["10.0.0.0/8", "fd00::/8"].compactMap { AddressRange($0) }
    let addresses = ClientAddress(proxies)
    let proxy = try SocketAddress(ipAddress: "10.0.0.1", port: 1)
    let stranger = try SocketAddress(ipAddress: "192.0.2.7", port: 1)
    return { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
      let unbelieved = addresses.client(peer: stranger, forwardedFor: lines)
      try promise(unbelieved == IPAddress(stranger), "a stranger's claims do not count")
      guard let client = addresses.client(peer: proxy, forwardedFor: lines) else {
        throw Finding("broken: a connection has a client")
      }
      try isSound(client)
      if let range = AddressRange(text) {
        try promise(AddressRange(settingText: range.settingText) == range, "a range is what it is shown as")
      }
      // The chain ends at the first that is not trusted: whatever stands left of it changes nothing.
      guard !proxies.trusted.contains(client) else { return }
      try promise(
        addresses.client(peer: proxy, forwardedFor: ["6.6.6.6"] + lines) == client,
        "what a client claims changes nothing")
    }
  }

  private static func isSound(_ address: IPAddress) throws {
    try promise(IPAddress(address.description) == address, "an address is what it is shown as: \(address)")
  }
}

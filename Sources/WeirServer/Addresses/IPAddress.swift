package import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An IP address: 128 bits, IPv4 as IPv6 writes it (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so that a client is the same
/// whichever way it came.
public struct IPAddress: Sendable, Hashable {
  let high: UInt64
  let low: UInt64

  init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The four bytes of an IPv4 address.
  init(v4 bits: UInt32) {
    self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(bits))
  }

  /// Four bytes or sixteen, as they stand in packets. nil: another number of them.
  init?(networkBytes bytes: some Collection<UInt8>) {
    func number(_ bytes: some Collection<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    switch bytes.count {
    case 4: self.init(v4: UInt32(truncatingIfNeeded: number(bytes)))
    case 16: self.init(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
    default: return nil
    }
  }

  /// An address as text, such as `192.0.2.1` or `2001:db8::1`; nothing around it. nil: it is none.
  public init?(_ text: some StringProtocol) {
    // The longest text of an address: eight groups of four, the last two as IPv4, and their separators.
    guard text.utf8.count <= 45, text.utf8.allSatisfy(IPAddress.isCharacter) else { return nil }
    let text = String(text)
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self.init(networkBytes: bytes[..<4])
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self.init(networkBytes: bytes)
    } else {
      return nil
    }
  }

  /// Whether addresses have it in their texts. C would stop at a zero byte and not see what comes behind.
  private static func isCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// The address of a socket's end. nil: it has none, as a Unix socket.
  package init?(_ address: SocketAddress) {
    // Where the address lies in a `sockaddr_in` and in a `sockaddr_in6`.
    let place: Range<Int>
    switch address {
    case .v4: place = 4..<8
    case .v6: place = 8..<24
    case .unixDomainSocket: return nil
    }
    let bytes = address.withSockAddr { pointer, size in
      size >= place.upperBound ? Array(UnsafeRawBufferPointer(start: pointer, count: size)[place]) : []
    }
    self.init(networkBytes: bytes)
  }

  /// Whether it is an IPv4 address.
  public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// The address as one of a socket.
  package func socketAddress(port: Int) -> SocketAddress? { try? SocketAddress(ipAddress: description, port: port) }
}

extension IPAddress: CustomStringConvertible {
  /// As people write it (RFC 5952).
  public var description: String {
    if isIPv4 {
      return [24, 16, 8, 0].map { String(UInt8(truncatingIfNeeded: low >> $0)) }.joined(separator: ".")
    }
    var bytes: [UInt8] = []
    for half in [high, low] {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
      }
    }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

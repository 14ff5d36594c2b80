/// Sec-WebSocket-Key and its answer (RFC 6455 §4.2.2): proof that the server speaks WebSocket, not a secret.
enum AcceptKey {
  private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// Sec-WebSocket-Accept for a key.
  static func accept(for key: String) -> String {
    Base64.encode(SHA1.digest(Array((key + guid).utf8)))
  }

  /// Whether a key is the base64 form of 16 bytes.
  static func isValid(_ key: String) -> Bool {
    let bytes = Array(key.utf8)
    guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else { return false }
    // 22 characters carry 132 bits; whether the last 4 are zero is not for us to insist on (clients get it wrong).
    return bytes[..<22].allSatisfy { Base64.alphabet.contains($0) }
  }

  /// A fresh key for a client.
  static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    return Base64.encode((0..<16).map { _ in generator.next() })
  }
}

/// The encoding half of base64 (RFC 4648 §4).
enum Base64 {
  static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group: UInt32 = 0
      for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
      for position in 0..<4 {
        let index = Int(group >> UInt32(18 - 6 * position)) & 63
        text.append(position <= count ? alphabet[index] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

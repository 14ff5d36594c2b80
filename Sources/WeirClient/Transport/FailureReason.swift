#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What the system and the TLS library say of a failed connection, in a sentence for people.
package enum FailureReason {
  /// What is said of a certificate that no known authority has signed.
  package static let untrusted =
    "its certificate is not trusted; trust its authority's certificate, or for a test check none."
  /// What is said where a host is there and no program takes the connection.
  package static let nobodyListens = "nothing listens there"

  /// `text` is the description of an error of the layers below, which nests others; what is known in it is told in
  /// plain words with what to do, and what is not is told as it is.
  static func plain(_ text: String) -> String {
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return untrusted
    }
    if text.contains("unableToValidateCertificate") || text.contains("noCertificateMatchingHost") {
      return "its certificate is for another name; connect by the name that is in it."
    }
    if text.contains("WRONG_VERSION_NUMBER") {
      return "it does not speak TLS there; use ws:// in place of wss://."
    }
    if let number = errno(in: text) {
      let meaning = String(cString: strerror(number)).lowercased()
      switch number {
      case ECONNREFUSED: return "\(nobodyListens) (\(meaning)); is the server running?"
      // A server that speaks TLS hangs up on whoever does not.
      case ECONNRESET: return "\(meaning); if TLS is spoken there, use wss:// in place of ws://."
      default: return "\(meaning); check host, port and network."
      }
    }
    if text.contains("SocketAddressError") || text.contains("unknown(host") || text.contains("dnsAError: Optional") {
      return "the host's name is not known; check its spelling."
    }
    if text.contains("connectTimeout") { return "it does not answer; check host, port and network." }
    return "\(text); check the URL."
  }

  /// The number behind the last `errno: `.
  private static func errno(in text: String) -> Int32? {
    text.ranges(of: "errno: ").last.flatMap { Int32(text[$0.upperBound...].prefix { $0.isASCII && $0.isNumber }) }
  }
}

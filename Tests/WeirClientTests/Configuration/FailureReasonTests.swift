import Testing

@testable import WeirClient

@Suite("Why there is no connection")
struct FailureReasonTests {
  @Test(
    "what the layers below say is told in words that end with what to do",
    arguments: [
      ("NIOConnectionError(x: y (errno: 111))", "nothing listens there (connection refused); is the server running?"),
      (
        "read(errno: 104)", "connection reset by peer; if TLS is spoken there, use wss:// in place of ws://."
      ),
      ("a (errno: 5) b (errno: 113)", "no route to host; check host, port and network."),
      (
        "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: CERTIFICATE_VERIFY_FAILED at x]))",
        "its certificate is not trusted; trust its authority's certificate, or for a test check none."
      ),
      ("Error: WRONG_VERSION_NUMBER at x", "it does not speak TLS there; use ws:// in place of wss://."),
      ("dnsAError: Optional(unknown(host: \"h\", port: 1))", "the host's name is not known; check its spelling."),
      ("something new", "something new; check the URL."), ("errno: ", "errno: ; check the URL."),
    ])
  func plain(text: String, sentence: String) {
    #expect(FailureReason.plain(text) == sentence)
  }
}

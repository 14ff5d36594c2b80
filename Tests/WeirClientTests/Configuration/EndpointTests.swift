import Testing

@testable import WeirClient

@Suite("URLs")
struct EndpointTests {
  @Test(
    "every accepted form means what it says",
    arguments: [
      ("", "ws://127.0.0.1:8080/"), ("ws://h", "ws://h/"), ("ws://h:9/p/q?a=b", "ws://h:9/p/q?a=b"),
      ("wss://h", "wss://h/"), ("WSS://h:443/x", "wss://h/x"), ("http://h:8080", "ws://h:8080/"),
      ("https://h?a=1", "wss://h/?a=1"), ("h", "ws://h:8080/"), ("h:9", "ws://h:9/"), ("h:9/p", "ws://h:9/p"),
      (":9000", "ws://127.0.0.1:9000/"), ("127.0.0.1:80/x", "ws://127.0.0.1/x"), ("[::1]:9", "ws://[::1]:9/"),
      ("ws://[fe80::1]/x", "ws://[fe80::1]/x"),
    ])
  func accepted(text: String, url: String) throws {
    #expect(try Endpoint(parsing: text).url == url)
  }

  @Test(
    "everything else is refused with a sentence",
    arguments: [
      "ftp://h/", "ws://", "ws:///x", "ws://h:0/", "ws://h:65536/", "ws://h:x/", "ws://h:-1/", "ws://u:p@h/",
      "ws://h/#f",
      "ws://h /", "ws://h/\r\nX: y", "ws://[::1", "ws://[::1]x/", "ws://[]/", "ws://[h]/", "ws://h\u{E9}/", "/path",
      "ws://a:b:c/", "ws://h%00/", String(repeating: "h", count: 9_000),
    ])
  func refused(text: String) {
    #expect { try Endpoint(parsing: text) } throws: { error in
      (error as? WeirClientError)?.code == .invalidArgument
    }
  }

  @Test("a user's name is percent-encoded, so that no name can add to the request")
  func query() throws {
    let endpoint = try Endpoint(parsing: "ws://h/?a=1").addingQuery("user", "Zoë & co\r\n")
    #expect(endpoint.target == "/?a=1&user=Zo%C3%AB%20%26%20co%0D%0A")
    #expect(try Endpoint(parsing: "ws://h").addingQuery("user", "a-b_c.d~1").target == "/?user=a-b_c.d~1")
  }

  @Test("a configuration does not show its token")
  func secret() {
    let configuration = WeirClientConfiguration(token: "s3cret")
    #expect(!"\(configuration)".contains("s3cret"))
  }
}

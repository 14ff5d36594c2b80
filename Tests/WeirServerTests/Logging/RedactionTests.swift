import Testing

@testable import WeirServer

@Suite("What must not be logged")
struct RedactionTests {
  @Test(
    "secrets leave a target",
    arguments: [
      ("/?token=abc.def.ghi", "/?token=***"), ("/c?user=ann&access_token=x&z=1", "/c?user=ann&access_token=***&z=1"),
      ("/?TOKEN=x", "/?TOKEN=***"), ("/?%74oken=x", "/?%74oken=***"), ("/?to%6Ben=x", "/?to%6Ben=***"),
      ("/?token", "/?token"), ("/?token=a=b", "/?token=***"), ("/?a=1", "/?a=1"), ("/plain", "/plain"),
      ("https://bob:pw@host/x", "https://***@host/x"),
      ("https://host/?key=1#access_token=2", "https://host/?key=***#***"),
      ("/?%ff=secret", "/?%ff=***"), ("/?api_key=1&&password=2", "/?api_key=***&&password=***"),
      ("wss://h/?x=https://a:b@c/", "wss://h/?x=https://a:b@c/"),
    ])
  func targets(uri: String, redacted: String) {
    #expect(Redaction.uri(uri) == redacted)
  }

  @Test("a logged target is one short printable line")
  func oneLine() {
    let text = Redaction.uri("/a\r\nINFO forged\u{1B}[31m?token=x\u{7F}é")
    #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(Redaction.uri("/" + String(repeating: "a", count: 5000)).utf8.count <= 515)
  }

  @Test(
    "secrets leave headers",
    arguments: [
      ("Authorization", "Bearer abc", "***"), ("cookie", "a=b", "***"), ("X-Api-Key", "k", "***"),
      ("Sec-WebSocket-Protocol", "weir.v1, weir.token.abc.def", "weir.v1, weir.***"),
      ("Sec-WebSocket-Protocol", "bearer.abc,weir.v1.json", "bearer.***, weir.v1.json"),
      ("Referer", "http://x/?token=1", "http://x/?token=***"), ("User-Agent", "curl/8", "curl/8"),
    ])
  func headers(name: String, value: String, redacted: String) {
    #expect(Redaction.header(name, value) == redacted)
  }
}

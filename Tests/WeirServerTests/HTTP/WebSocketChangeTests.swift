import NIOHTTP1
import Testing

@testable import WeirServer

@Suite struct WebSocketChangeTests {
  @Test(
    "what HTTP takes for an upgrade is what the WebSocket layer takes for one: other letters are other letters",
    arguments: [
      ("websocket", "Upgrade", true), ("WebSocket", "keep-alive, UPGRADE", true), ("h2c, websocket", "upgrade", true),
      ("websoc\u{212A}et", "Upgrade", false), ("webſocket", "Upgrade", false), ("websockets", "Upgrade", false),
      ("websocket", "keep-alive", false), ("", "", false),
    ] as [(String, String, Bool)])
  func isWanted(upgrade: String, connection: String, expected: Bool) {
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
    head.headers = ["Upgrade": upgrade, "Connection": connection]
    #expect(WebSocketChange.isWanted(head) == expected)
  }
}

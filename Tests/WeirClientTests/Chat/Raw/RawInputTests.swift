import Testing
import WebSocket

@testable import weir

@Suite("Lines of raw mode")
struct RawInputTests {
  @Test(
    "a line is read as it is meant",
    arguments: [
      ("hello", RawInput.text("hello")), (" padded ", .text(" padded ")), ("", .blank), ("//x", .text("/x")),
      ("{\"a\":1}", .text("{\"a\":1}")), ("/text ", .text("")), ("/text   a ", .text("  a ")), ("/text", .text("")),
      ("/hex 00ff 0A", .binary([0, 255, 10])), ("/hex 0xde:ad", .binary([0xDE, 0xAD])), ("/hex", .binary([])),
      ("/binary AAEC", .binary([0, 1, 2])), ("/binary -_8", .binary([0xFB, 0xFF])), ("/binary @a b", .file("a b")),
      ("/json {\"ping\":{}}", .frame("{\"ping\":{}}")), ("/ping", .ping(nil)), ("/ping hi", .ping(Array("hi".utf8))),
      ("/pong", .pong([])), ("/pong x", .pong([0x78])), ("/close", .close(.normal, reason: "")),
      ("/close 4000 all done", .close(CloseCode(4000), reason: "all done")), ("/help", .help),
    ])
  func read(line: String, input: RawInput) throws {
    #expect(try RawInput.parse(line) == input)
  }

  @Test(
    "what cannot be sent is answered with a sentence",
    arguments: [
      "/hex 0", "/hex zz", "/binary", "/binary ***", "/json", "/json [1]", "/close 1005", "/close 999", "/close 5000",
      "/close x", "/close 70000", "/nonsense", "/",
      "/ping " + String(repeating: "x", count: 126), "/close 1000 " + String(repeating: "x", count: 124),
    ])
  func refused(line: String) {
    #expect { try RawInput.parse(line) } throws: { error in
      (error as? RawInput.Mistake)?.sentence.hasSuffix(".") == true
    }
  }

  @Test("without commands every line is text")
  func plain() throws {
    #expect(try RawInput.parse("/close", commands: false) == .text("/close"))
    #expect(try RawInput.parse("//x", commands: false) == .text("//x"))
  }

  @Test("headers are split at the first colon, and control characters in them refused")
  func headers() throws {
    let header = try RawOptions.split(header: "X-Url:  http://a:1/ ")
    #expect(header.name == "X-Url" && header.value == "http://a:1/")
    for line in ["none", ": x", "a b: c", "X: a\r\nY: b", "X: \u{7F}"] {
      #expect(throws: (any Error).self) { try RawOptions.split(header: line) }
    }
  }
}

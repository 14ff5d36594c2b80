import NIOCore
import Testing

@testable import WebSocket

@Suite struct ClosePayloadTests {
  @Test(
    "codes that must not be sent fail with 1002", arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
  func badCodes(code: UInt16) {
    #expect(throws: ProtocolViolation.self) { try ClosePayload.parse(ByteBuffer(integer: code)) }
  }

  @Test(
    "codes of the RFC, the registry and the private ranges pass", arguments: [1000, 1003, 1007, 1012, 1014, 3000, 4999])
  func goodCodes(code: UInt16) throws {
    #expect(try ClosePayload.parse(ByteBuffer(integer: code)).code == CloseCode(code))
  }

  @Test("an empty body is 1005, one byte is 1002, a reason that is not UTF-8 is 1007")
  func bodies() throws {
    #expect(try ClosePayload.parse(ByteBuffer()) == ClosePayload(code: .noStatus, reason: ""))
    #expect(throws: ProtocolViolation.protocolError("a Close frame holds a 2-byte code or nothing")) {
      try ClosePayload.parse(ByteBuffer(bytes: [3]))
    }
    #expect(throws: ProtocolViolation.invalidPayload("the close reason is not UTF-8")) {
      try ClosePayload.parse(ByteBuffer(bytes: [3, 0xE8, 0xC0]))
    }
  }

  @Test("a reason too long for a control frame is cut between two characters")
  func longReason() throws {
    let body = ClosePayload.encode(.normal, String(repeating: "€", count: 60))
    #expect(body.readableBytes == 2 + 123)
    #expect(try ClosePayload.parse(body).reason == String(repeating: "€", count: 41))
    #expect(ClosePayload.encode(.normal, String(repeating: "é", count: 80)).readableBytes == 2 + 122)
  }
}

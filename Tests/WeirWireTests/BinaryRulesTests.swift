import NIOCore
import SwiftProtobuf
import Testing
import WeirWire

@Suite("The binary decoder follows protobuf's rules and trusts nothing")
struct BinaryRulesTests {
  struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let reason: WireError.Reason

    init(_ what: String, _ bytes: [UInt8], _ reason: WireError.Reason) {
      (testDescription, self.bytes, self.reason) = (what, bytes, reason)
    }
  }

  @Test(
    "bytes that are no ClientFrame are refused, by swift-protobuf too",
    arguments: [
      Refused("truncated varint", [0x08, 0x80], .truncated),
      Refused("key without a value", [0x08], .truncated),
      Refused("varint of 11 bytes", [0x08] + Array(repeating: 0x80, count: 10) + [0x01], .varintTooLong),
      Refused("varint without an end", [0x08] + Array(repeating: 0xFF, count: 64), .varintTooLong),
      Refused("field 0", [0x00, 0x01], .badKey),
      Refused("field 0 with a length", [0x02, 0x00], .badKey),
      Refused("wire type 6", [0x0E, 0x00], .badKey),
      Refused("wire type 7", [0x0F, 0x00], .badKey),
      Refused("key beyond 32 bits", [0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00], .badKey),
      Refused("key of six bytes", [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00], .badKey),
      Refused("length beyond the end", [0x12, 0x05, 0x08, 0x01], .lengthBeyondEnd),
      Refused("length of 2^63", [0x12] + Array(repeating: 0x80, count: 9) + [0x01], .lengthBeyondEnd),
      Refused("length of 2^64 - 1", [0x12] + Array(repeating: 0xFF, count: 9) + [0x01], .lengthBeyondEnd),
      Refused("length beyond the sub-message's end", [0x12, 0x02, 0x12, 0x01, 0x08, 0x01], .lengthBeyondEnd),
      Refused("sub-message that ends inside a varint", [0x12, 0x02, 0x08, 0x80, 0x08, 0x01], .truncated),
      Refused("unknown length beyond the end", [0xFA, 0x7F, 0x01], .lengthBeyondEnd),
      Refused("unknown 64-bit value cut off", [0xF9, 0x7F, 1, 2, 3, 4, 5, 6, 7], .truncated),
      Refused("unknown 32-bit value cut off", [0xFD, 0x7F, 1, 2, 3], .truncated),
      Refused("end of a group that was not begun", [0x0C], .unmatchedEndGroup),
      Refused("group that another's end closes", [0xFB, 0x7F, 0xF4, 0x7F], .unmatchedEndGroup),
      Refused("group without an end", [0xFB, 0x7F, 0x08, 0x01], .truncated),
      Refused("groups nested 1000 deep", nestedGroups(1000), .tooDeep(limit: 32)),
      Refused("packed enum cut off", [0x42, 0x03, 0x32, 0x01, 0x80], .truncated),
      Refused("overlong UTF-8", title([0xC0, 0x80]), .invalidUTF8),
      Refused("surrogate in UTF-8", title([0xED, 0xA0, 0x80]), .invalidUTF8),
      Refused("UTF-8 beyond U+10FFFF", title([0xF4, 0x90, 0x80, 0x80]), .invalidUTF8),
      Refused("UTF-8 cut off", title([0xE6, 0xB0]), .invalidUTF8),
      Refused("stray continuation byte", title([0x80]), .invalidUTF8),
    ])
  func refused(_ refused: Refused) throws {
    let error = #expect(throws: WireError.self) { try ClientFrame(binary: refused.bytes) }
    #expect(error?.reason == refused.reason)
    #expect(throws: (any Error).self) { try Weir_V1_ClientFrame(serializedBytes: refused.bytes) }
  }

  struct Accepted: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let frame: ClientFrame

    init(_ what: String, _ bytes: [UInt8], _ frame: ClientFrame) {
      (testDescription, self.bytes, self.frame) = (what, bytes, frame)
    }
  }

  @Test(
    "unusual bytes that protobuf allows mean what they mean to swift-protobuf",
    arguments: [
      Accepted("nothing", [], ClientFrame()),
      Accepted("varint of 10 bytes", [0x08] + Array(repeating: 0xFF, count: 9) + [0x01], ClientFrame(requestID: .max)),
      Accepted(
        "varint of 10 bytes with bits to spare", [0x08] + Array(repeating: 0xFF, count: 9) + [0x7F],
        ClientFrame(requestID: .max)),
      Accepted("longer varint than needed", [0x08, 0x81, 0x80, 0x00], ClientFrame(requestID: 1)),
      Accepted("longer key than needed", [0x88, 0x80, 0x80, 0x80, 0x00, 0x01], ClientFrame(requestID: 1)),
      Accepted("default on the wire", [0x08, 0x00], ClientFrame()),
      Accepted("last value wins", [0x08, 0x01, 0x08, 0x02], ClientFrame(requestID: 2)),
      Accepted("unknown varint", [0xF8, 0x7F, 0x05, 0x08, 0x01], ClientFrame(requestID: 1)),
      Accepted("unknown bytes, not UTF-8", [0xFA, 0x7F, 0x02, 0xFF, 0xFF, 0x08, 0x01], ClientFrame(requestID: 1)),
      Accepted("unknown 32 bits", [0xFD, 0x7F, 1, 2, 3, 4, 0x08, 0x01], ClientFrame(requestID: 1)),
      Accepted("unknown 64 bits", [0xF9, 0x7F, 1, 2, 3, 4, 5, 6, 7, 8, 0x08, 0x01], ClientFrame(requestID: 1)),
      Accepted("unknown groups, nested", nestedGroups(30) + [0x08, 0x01], ClientFrame(requestID: 1)),
      Accepted("known field with another wire type", [0x0A, 0x01, 0x41, 0x15, 1, 2, 3, 4], ClientFrame()),
      Accepted(
        "uint32 beyond 32 bits", [0x22, 0x06, 0x08, 0x85, 0x80, 0x80, 0x80, 0x10],
        ClientFrame(frame: .listConversations(ListConversations(limit: 5)))),
      Accepted("oneof, last member wins", [0x12, 0x02, 0x08, 0x01, 0x72, 0x02, 0x08, 0x09], ping(9)),
      Accepted(
        "oneof, same member is merged", [0x3A, 0x03, 0x0A, 0x01, 0x63, 0x3A, 0x02, 0x10, 0x05],
        ClientFrame(frame: .getHistory(GetHistory(conversationID: "c", beforeSequence: 5)))),
      Accepted(
        "oneof, a member between the two drops the first", [0x72, 0x02, 0x08, 0x09, 0x4A, 0x00, 0x72, 0x00],
        ping(0)),
      Accepted(
        "oneof of a part, message after text after message", [0x42, 0x0F, 0x1A, 0x0D] + partsInTurn,
        ClientFrame(frame: .sendMessage(SendMessage(parts: [Part(part: .toolCall(ToolCall(name: "n")))])))),
      Accepted("message without fields, with unknown ones inside", [0x82, 0x01, 0x02, 0x08, 0x05], usage()),
      Accepted(
        "repeated enum, packed and not",
        [0x42, 0x0B, 0x30, 0x01, 0x32, 0x03, 0x02, 0xE8, 0x07, 0x30, 0x03, 0x32, 0x00],
        ClientFrame(
          frame: .sendMessage(SendMessage(acks: [.accepted, .durable, AckLevel(rawValue: 1000), .started])))),
      Accepted(
        "negative enum", [0x42, 0x0B, 0x28] + Array(repeating: 0xFF, count: 9) + [0x01],
        ClientFrame(frame: .sendMessage(SendMessage(onConflict: ConflictPolicy(rawValue: -1))))),
      Accepted(
        "enum beyond 32 bits", [0x42, 0x06, 0x28, 0x82, 0x80, 0x80, 0x80, 0x10],
        ClientFrame(frame: .sendMessage(SendMessage(onConflict: .interrupt)))),
      Accepted(
        "optional that is set to its default", [0x42, 0x02, 0x20, 0x00],
        ClientFrame(frame: .sendMessage(SendMessage(expectedRevision: 0)))),
    ])
  func accepted(_ accepted: Accepted) throws {
    #expect(try ClientFrame(binary: accepted.bytes) == accepted.frame)
    var options = BinaryDecodingOptions()
    options.discardUnknownFields = true
    let theirs: [UInt8] = try Weir_V1_ClientFrame(serializedBytes: accepted.bytes, options: options).serializedBytes()
    #expect(theirs == accepted.frame.binary)
  }

  @Test("a sub-message field that occurs twice is merged, lists are joined")
  func merges() throws {
    let first = WeirWire.Message(parts: [.text("a")], usage: Usage(inputTokens: 1), error: WeirError(message: "old"))
    let second = WeirWire.Message(
      role: .user, parts: [.text("b")], usage: Usage(outputTokens: 2), error: WeirError(message: "new"))
    let merged = try WeirWire.Message(binary: first.binary + second.binary)
    #expect(
      merged
        == WeirWire.Message(
          role: .user, parts: [.text("a"), .text("b")], usage: Usage(inputTokens: 1, outputTokens: 2),
          error: WeirError(message: "new")))
  }

  @Test("any number but 0 is true")
  func bools() throws {
    #expect(try Usage(binary: [0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]).estimated)
    #expect(try !Usage(binary: [0x20, 0x80, 0x00]).estimated)
  }

  @Test("a repeated field takes 10,000 elements and not one more, however little each costs on the wire")
  func elements() throws {
    let empty: [UInt8] = [0x1A, 0x00]  // SendMessage.parts
    let most = Array(repeatElement(empty, count: 10_000).joined())
    #expect(try SendMessage(binary: most).parts.count == 10_000)
    let error = #expect(throws: WireError.self) { try SendMessage(binary: most + empty) }
    #expect(error?.reason == .tooManyElements(limit: 10_000))

    let packed = SendMessage(acks: Array(repeating: .done, count: 10_000)).binary
    #expect(try SendMessage(binary: packed).acks.count == 10_000)
    #expect(throws: WireError.self) { try SendMessage(binary: packed + [0x30, 0x04]) }
    #expect(throws: WireError.self) { try SendMessage(binary: packed + [0x32, 0x01, 0x04]) }

    let follow = Array(repeatElement([0x2A, 0x00] as [UInt8], count: 10_001).joined())
    #expect(throws: WireError.self) { try Hello(binary: follow) }
  }

  @Test("a limit of one's own holds")
  func ownLimits() throws {
    let frame = ServerFrame(frame: .messageAdded(MessageAdded(message: Message(parts: [.text("a"), .text("b")]))))
    let buffer = ByteBuffer(bytes: frame.binary)
    #expect(try ServerFrame.decode(buffer, limits: WireLimits(maximumRepeated: 2, maximumDepth: 3)) == frame)
    let shallow = #expect(throws: WireError.self) {
      try ServerFrame.decode(buffer, limits: WireLimits(maximumDepth: 2))
    }
    #expect(shallow?.reason == .tooDeep(limit: 2))
    #expect(throws: WireError.self) { try ServerFrame.decode(buffer, limits: WireLimits(maximumRepeated: 1)) }
  }

  /// With a copy for each merge this would take 2 * 10^10 steps.
  @Test("a message that comes in 200,000 pieces is merged in time linear to them", .timeLimit(.minutes(1)))
  func manyMerges() throws {
    let piece = ClientFrame(frame: .sendMessage(SendMessage(parts: [Part()]))).binary
    let bytes = ByteBuffer(bytes: repeatElement(piece, count: 200_000).joined())
    let frame = try ClientFrame.decode(bytes, limits: WireLimits(maximumRepeated: 200_000))
    #expect(frame == ClientFrame(frame: .sendMessage(SendMessage(parts: Array(repeating: Part(), count: 200_000)))))
  }

  @Test("only the readable bytes are read")
  func readableBytes() throws {
    var buffer = ByteBuffer(bytes: [0xFF, 0x08, 0x05, 0xFF])
    buffer.moveReaderIndex(to: 1)
    buffer.moveWriterIndex(to: 3)
    #expect(try ClientFrame.decode(buffer) == ClientFrame(requestID: 5))
  }

  @Test("an error names the field, the message and the byte, and says what to do")
  func errors() throws {
    let error = #expect(throws: WireError.self) { try ClientFrame(binary: title([0x80])) }
    #expect(
      error?.description
        == "At field 2 of weir.v1.OpenConversation, byte 3: the text is not valid UTF-8. "
        + "Send text as UTF-8, never cut inside a character.")
  }
}

/// A ClientFrame whose OpenConversation.title is `utf8`.
private func title(_ utf8: [UInt8]) -> [UInt8] {
  [0x1A, UInt8(utf8.count + 2), 0x12, UInt8(utf8.count)] + utf8
}

/// Groups of field 2047 in each other.
private func nestedGroups(_ depth: Int) -> [UInt8] {
  Array(repeatElement([0xFB, 0x7F], count: depth).joined()) + Array(repeatElement([0xFC, 0x7F], count: depth).joined())
}

/// A Part's fields: toolCall with an id, then text, then toolCall with a name. The text drops what came before it.
private let partsInTurn: [UInt8] = [0x1A, 0x03, 0x0A, 0x01, 0x69, 0x0A, 0x01, 0x74, 0x1A, 0x03, 0x12, 0x01, 0x6E]

private func usage() -> ClientFrame { ClientFrame(frame: .getUsage(GetUsage())) }

private func ping(_ nonce: UInt64) -> ClientFrame { ClientFrame(frame: .ping(Ping(nonce: nonce))) }

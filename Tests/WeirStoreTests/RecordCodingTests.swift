import NIOCore
import Testing
import WeirCore

@testable import WeirStore

@Suite("Stored records")
struct RecordCodingTests {
  private func bytes(_ record: some StoredRecord) -> [UInt8] {
    var buffer = ByteBuffer()
    record.encode(into: &buffer)
    return Array(buffer.readableBytesView)
  }

  private func decode<R: StoredRecord>(_ type: R.Type, _ bytes: [UInt8]) throws(StoreError) -> R {
    // Typed throws do not pass through `withUnsafeBytes`.
    let result = bytes.withUnsafeBytes { raw in
      Result { () throws(StoreError) -> R in try R.decode(raw) }
    }
    return try result.get()
  }

  static let numbers: [UInt64] = [0, 1, 127, 128, 300, 1 << 35, .max]

  @Test("records come back as they were", arguments: numbers)
  func roundTrip(number: UInt64) throws {
    let sent = SentRecord(conversationID: "c-1", sequence: number, turnID: number, revision: number)
    #expect(try decode(SentRecord.self, bytes(sent)) == sent)
    let turn = TurnRecord(
      turnID: number, conversationID: "", questionSequence: 1, answerSequence: number, model: "größer",
      continuesTurnID: number, replacesTurnID: number, baseOffset: number, createdAtMs: number)
    #expect(try decode(TurnRecord.self, bytes(turn)) == turn)
    let answer = AnswerRecord(conversationID: "x", sequence: number)
    #expect(try decode(AnswerRecord.self, bytes(answer)) == answer)
    #expect(try decode(UserState.self, bytes(UserState(lastTurnID: number))) == UserState(lastTurnID: number))
  }

  @Test("the bytes are protobuf's")
  func protobuf() {
    // As `protoc --encode` makes them of: conversation_id: "ab" sequence: 300
    #expect(bytes(AnswerRecord(conversationID: "ab", sequence: 300)) == [0x0A, 2, 0x61, 0x62, 0x10, 0xAC, 0x02])
    #expect(bytes(UserState()) == [])
  }

  @Test("fields of later versions are skipped")
  func unknownFields() throws {
    let later: [UInt8] = [0x78, 5, 0x0A, 2, 0x61, 0x62, 0xFA, 1, 3, 1, 2, 3, 0x10, 7]
    #expect(try decode(AnswerRecord.self, later) == AnswerRecord(conversationID: "ab", sequence: 7))
  }

  @Test(
    "damaged records are refused",
    arguments: [
      [0x0A], [0x0A, 5, 0x61], [0x10, 0x80], [0x0D, 1],
      [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
      [0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2],
      [0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0],
    ] as [[UInt8]])
  func damage(bytes: [UInt8]) {
    let error = #expect(throws: StoreError.self) { try decode(AnswerRecord.self, bytes) }
    #expect(error?.kind == .corrupt)
  }

  @Test("text is cut to whole, valid characters")
  func wholeCharacters() {
    let text = Array("aé€😀".utf8)
    let ends = [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10]
    for count in 0...text.count { #expect(WholeCharacters.prefix(of: Array(text[..<count])).count == ends[count]) }
    #expect(WholeCharacters.prefix(of: [0x61, 0xFF, 0x62]) == [0x61])
  }
}

import NIOCore
import Testing
import WeirCore
import WeirWire

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
    var user = UserState(lastTurnID: number)
    user.dayTokens = number
    user.month = UInt32(truncatingIfNeeded: number)
    user.turnsWholeAtMs = number
    #expect(try decode(UserState.self, bytes(user)) == user)
    var figures = UsageFigures()
    figures.turns = number
    figures.saved = number
    #expect(try decode(UsageFigures.self, bytes(figures)) == figures)
    let mark = Sample.mark(number, .toolCall, id: "größer", tool: "t", signature: "s")
    #expect(try decode(PlacedMark.self, bytes(mark)) == mark)
  }

  @Test("whatever the bytes are, reading ends with a record or an error", arguments: 1...10 as ClosedRange<UInt64>)
  func anyBytes(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        // Small numbers are tags and lengths that lead somewhere.
        UInt8.random(in: 0...(Bool.random(using: &random) ? 50 : 255), using: &random)
      }
      for type in [TurnRecord.self, UserState.self, CachedAnswer.self, PlacedMark.self] as [any StoredRecord.Type] {
        do throws(StoreError) {
          _ = try decode(type, bytes)
        } catch {
          #expect(error.kind == .corrupt, "seed \(seed), \(bytes)")
        }
      }
    }
  }

  @Test("the bytes are protobuf's")
  func protobuf() {
    // As `protoc --encode` makes them of: conversation_id: "ab" sequence: 300
    #expect(bytes(AnswerRecord(conversationID: "ab", sequence: 300)) == [0x0A, 2, 0x61, 0x62, 0x10, 0xAC, 0x02])
    #expect(bytes(UserState()) == [])
    // From field 16 on, a tag takes two bytes. As protoc makes them of: turn_id: 1 is_started: true is_direct: true
    var turn = TurnRecord(turnID: 1, conversationID: "", questionSequence: 0, answerSequence: 0, model: "")
    turn.isStarted = true
    turn.isDirect = true
    #expect(bytes(turn) == [0x08, 1, 0x78, 1, 0x88, 0x01, 1])
    // text: "a" marks { kind: REASONING } reason: COMPLETE usage {} expires_at_ms: 5
    let answer = CachedAnswer(
      text: [0x61], marks: [Sample.mark(0, .reasoning)], reason: .complete, usage: Usage(), model: "", expiresAtMs: 5)
    #expect(bytes(answer) == [0x0A, 1, 0x61, 0x12, 2, 0x10, 1, 0x18, 1, 0x22, 0, 0x30, 5])
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

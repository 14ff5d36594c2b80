import NIOCore
import Testing
import WeirWire

@Suite("A delta is written straight from the answer's bytes")
struct DeltaFrameTests {
  @Test("the bytes and the JSON are those of the ServerFrame that says the same")
  func sameAsServerFrame() throws {
    var random = SeededRandom(seed: SeededRandom.seed)
    for _ in 0..<2000 {
      let delta = Delta.sample(&random)
      let frame = ServerFrame(frame: .delta(delta))
      #expect(binary(delta) == frame.binary, "seed \(SeededRandom.seed): \(delta)")
      #expect(json(delta) == frame.json, "seed \(SeededRandom.seed): \(delta)")
    }
  }

  @Test("the size is known beforehand")
  func size() {
    var random = SeededRandom(seed: SeededRandom.seed)
    for _ in 0..<2000 {
      let delta = Delta.sample(&random)
      let size = DeltaFrame.encodedSize(
        turnID: delta.turnID, offset: delta.offset, textBytes: delta.text.utf8.count, kind: delta.kind,
        toolCallID: delta.toolCallID, toolName: delta.toolName)
      #expect(size == binary(delta).count, "seed \(SeededRandom.seed): \(delta)")
    }
  }

  @Test(
    "24 bytes of text cost at most 10 bytes more in the first 16 KiB of an answer, at most 11 in the first 2 MiB",
    arguments: [(0, 10), (16_383, 10), (16_384, 11), (65_535, 11), (2_097_151, 11)] as [(UInt64, Int)])
  func overhead(offset: UInt64, most: Int) {
    for turnID: UInt64 in [1, 127, 128, 16_383] {
      #expect(DeltaFrame.encodedSize(turnID: turnID, offset: offset, textBytes: 24) - 24 <= most)
    }
  }

  @Test("reasoning costs two bytes more than text; what a tool call is, is said once")
  func parts() {
    let text = DeltaFrame.encodedSize(turnID: 1, offset: 100, textBytes: 24)
    #expect(DeltaFrame.encodedSize(turnID: 1, offset: 100, textBytes: 24, kind: .reasoning) == text + 2)
    let begin = DeltaFrame.encodedSize(
      turnID: 1, offset: 100, textBytes: 24, kind: .toolCall, toolCallID: "call_1", toolName: "weather")
    #expect(begin == text + 2 + 2 + 6 + 2 + 7)
  }

  @Test("an append leaves alone what stands before in the buffer")
  func appends() throws {
    var buffer = ByteBuffer(bytes: [1, 2, 3])
    Array("hi".utf8).withUnsafeBytes { DeltaFrame.encode(turnID: 7, offset: 0, text: $0, into: &buffer) }
    #expect(buffer.readBytes(length: 3) == [1, 2, 3])
    #expect(try ServerFrame.decode(buffer) == ServerFrame(frame: .delta(Delta(turnID: 7, text: "hi"))))
  }

  private func binary(_ delta: Delta) -> [UInt8] {
    written(delta) {
      DeltaFrame.encode(
        turnID: delta.turnID, offset: delta.offset, text: $0, kind: delta.kind, toolCallID: delta.toolCallID,
        toolName: delta.toolName, into: &$1)
    }
  }

  private func json(_ delta: Delta) -> String {
    let bytes = written(delta) {
      DeltaFrame.encodeJSON(
        turnID: delta.turnID, offset: delta.offset, text: $0, kind: delta.kind, toolCallID: delta.toolCallID,
        toolName: delta.toolName, into: &$1)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func written(_ delta: Delta, _ write: (UnsafeRawBufferPointer, inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer()
    Array(delta.text.utf8).withUnsafeBytes { write($0, &buffer) }
    return Array(buffer.readableBytesView)
  }
}

import NIOCore
import Testing

@testable import WebSocket

@Suite struct MessageAssemblerTests {
  private func span(
    _ opcode: Opcode, fin: Bool, count: Int, begins: Bool = true, ends: Bool = true, frameBytes: Int? = nil
  ) -> FrameSpan {
    FrameSpan(
      opcode: opcode, fin: fin, compressed: false, begins: begins, ends: ends, offset: 0, count: count,
      frameBytes: frameBytes ?? count)
  }

  private func feed(_ assembler: inout MessageAssembler, _ opcode: Opcode, fin: Bool, _ bytes: [UInt8]) throws
    -> [UInt8]?
  {
    try assembler.take(span(opcode, fin: fin, count: bytes.count), ByteBuffer(bytes: bytes))?.payload.bytes
  }

  @Test("fragments become one message")
  func joins() throws {
    var assembler = MessageAssembler(MessageLimits(), inflation: nil)
    #expect(try feed(&assembler, .binary, fin: false, [1, 2]) == nil)
    #expect(assembler.isInsideMessage)
    #expect(try feed(&assembler, .continuation, fin: false, []) == nil)
    #expect(try feed(&assembler, .continuation, fin: true, [3]) == [1, 2, 3])
    #expect(!assembler.isInsideMessage)
  }

  @Test("a continuation without a start and a start inside a message fail with 1002")
  func sequence() throws {
    var orphan = MessageAssembler(MessageLimits(), inflation: nil)
    let first = #expect(throws: ProtocolViolation.self) { try feed(&orphan, .continuation, fin: true, []) }
    #expect(first?.code == .protocolError)
    var interleaved = MessageAssembler(MessageLimits(), inflation: nil)
    _ = try feed(&interleaved, .text, fin: false, [])
    let second = #expect(throws: ProtocolViolation.self) { try feed(&interleaved, .text, fin: true, []) }
    #expect(second?.code == .protocolError)
  }

  @Test("text is checked across fragments and fails at the first bad byte, not at the end")
  func text() throws {
    var good = MessageAssembler(MessageLimits(), inflation: nil)
    _ = try feed(&good, .text, fin: false, [0xE2, 0x82])
    #expect(try feed(&good, .continuation, fin: true, [0xAC]) == [0xE2, 0x82, 0xAC])
    var bad = MessageAssembler(MessageLimits(), inflation: nil)
    _ = try feed(&bad, .text, fin: false, [0xED])
    let violation = #expect(throws: ProtocolViolation.self) { try feed(&bad, .continuation, fin: false, [0xA0]) }
    #expect(violation?.code == .invalidPayload)
    var cut = MessageAssembler(MessageLimits(), inflation: nil)
    #expect(throws: ProtocolViolation.self) { try feed(&cut, .text, fin: true, [0xE2, 0x82]) }
  }

  @Test("text is checked inside a frame that has not arrived whole")
  func partialFrame() throws {
    var assembler = MessageAssembler(MessageLimits(), inflation: nil)
    let piece = span(.text, fin: true, count: 1, ends: false, frameBytes: 100)
    let violation = #expect(throws: ProtocolViolation.self) {
      try assembler.take(piece, ByteBuffer(bytes: [0xFF]))
    }
    #expect(violation?.code == .invalidPayload)
  }

  @Test("a message over the limit fails with 1009 when the frame that exceeds it is announced")
  func tooBig() throws {
    var limits = MessageLimits()
    limits.maximumMessageBytes = 10
    var assembler = MessageAssembler(limits, inflation: nil)
    _ = try feed(&assembler, .binary, fin: false, [UInt8](repeating: 0, count: 8))
    let announced = span(.continuation, fin: true, count: 0, ends: false, frameBytes: 3)
    let violation = #expect(throws: ProtocolViolation.self) { try assembler.take(announced, ByteBuffer()) }
    #expect(violation?.code == .messageTooBig)
  }

  @Test("one-byte fragments fail with 1008 soon after the limit; fair ones may be many")
  func fragments() throws {
    var flood = MessageAssembler(MessageLimits(), inflation: nil)
    _ = try feed(&flood, .binary, fin: false, [0])
    var taken = 1
    let violation = #expect(throws: ProtocolViolation.self) {
      while taken < 131_000 {
        _ = try feed(&flood, .continuation, fin: false, [0])
        taken += 1
      }
    }
    #expect(violation?.code == .policyViolation)
    #expect(taken >= 1024 && taken < 1100)

    var fair = MessageAssembler(MessageLimits(), inflation: nil)
    let piece = [UInt8](repeating: 7, count: 64)
    _ = try feed(&fair, .binary, fin: false, piece)
    for _ in 0..<10_000 { _ = try feed(&fair, .continuation, fin: false, piece) }
    #expect(try feed(&fair, .continuation, fin: true, [])?.count == 64 * 10_001)
  }
}

import NIOCore
import Testing
import WeirWire

@testable import weir

@Suite("Stamped tokens and the devices that read them")
struct StampTests {
  private func tokens(_ numbers: some Sequence<Int>) -> [UInt8] {
    numbers.flatMap { number in
      var token = [UInt8](repeating: 0, count: TokenStamp.bytes)
      token.withUnsafeMutableBytes { TokenStamp.write(time: UInt64(number) * 1_000_003, number: number, to: $0) }
      return token
    }
  }

  private func view(turn: UInt64, offset: Int, _ text: [UInt8], _ body: (DeltaView) -> Void) throws {
    let delta = Delta(turnID: turn, offset: UInt64(offset), text: String(decoding: text, as: UTF8.self))
    var buffer = ByteBuffer()
    ServerFrame(frame: .delta(delta)).encode(into: &buffer)
    try buffer.withUnsafeReadableBytes { body(try #require(DeltaView($0))) }
  }

  @Test("tokens cut anywhere come out once and in order", arguments: [1, 5, 23, 24, 25, 100])
  func cut(piece: Int) {
    let text = tokens(0..<50)
    var reader = StampReader()
    var times: [UInt64] = []
    for start in Swift.stride(from: 0, to: text.count, by: piece) {
      let slice = Array(text[start..<min(text.count, start + piece)])
      #expect(slice.withUnsafeBytes { bytes in reader.feed(bytes) { times.append($0) } })
    }
    #expect(times == (0..<50).map { UInt64($0) * 1_000_003 })
  }

  @Test("a token that is missing, doubled or changed is noticed")
  func damage() {
    var changed = tokens(0..<3)
    changed[30] = UInt8(ascii: "x")
    for text in [tokens([0, 2]), tokens([0, 0]), tokens([1]), changed] {
      var reader = StampReader()
      #expect(!text.withUnsafeBytes { bytes in reader.feed(bytes) { _ in } })
    }
  }

  @Test("a device takes an answer without gap or double, and nothing else")
  func device() throws {
    let text = Array("over and under".utf8)
    var device = ChatDevice()
    device.sent(now: 10)
    try view(turn: 7, offset: 0, Array(text[..<5])) { delta in
      guard case .first = device.received(delta, now: 20, stamp: { _ in }) else {
        return _ = Issue.record("not what came")
      }
    }
    for offset in [4, 6] {
      var other = device
      try view(turn: 7, offset: offset, Array(text[offset...])) { delta in
        guard case .wrong = other.received(delta, now: 30, stamp: { _ in }) else {
          return _ = Issue.record("not what came")
        }
      }
    }
    try view(turn: 7, offset: 5, Array(text[5...])) { delta in
      guard case .later(15) = device.received(delta, now: 35, stamp: { _ in }) else {
        return _ = Issue.record("not what came")
      }
    }
    var end = TurnFinished(turnID: 7, reason: .complete, usage: Usage(outputTokens: 3), length: 14)
    #expect(device.finished(end, expectedTokens: 4) != nil)
    end.length = 13
    #expect(device.finished(end, expectedTokens: 3) != nil)
    end.length = 14
    #expect(device.finished(end, expectedTokens: 3) == nil)
    #expect(device.state == .finished)
  }
}

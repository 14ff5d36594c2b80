import NIOCore
import Testing
import WeirWire

@testable import weir

@Suite("A device of a storm")
struct StormDeviceTests {
  private static let turn: UInt64 = 7

  private static func tokens(_ numbers: some Sequence<Int>) -> [UInt8] {
    numbers.flatMap { number in
      var token = [UInt8](repeating: 0, count: TokenStamp.bytes)
      token.withUnsafeMutableBytes { TokenStamp.write(time: UInt64(number + 1) * 1000, number: number, to: $0) }
      return token
    }
  }

  private static func message(_ text: [UInt8]) -> Message {
    Message(role: .assistant, parts: [Part(part: .text(String(decoding: text, as: UTF8.self)))], turnID: turn)
  }

  /// Hands the device a delta; returns what it says of it.
  private func give(
    _ device: inout StormDevice, offset: Int, _ text: [UInt8], turn: UInt64 = Self.turn
  ) throws -> String? {
    var buffer = ByteBuffer()
    let delta = Delta(turnID: turn, offset: UInt64(offset), text: String(decoding: text, as: UTF8.self))
    ServerFrame(frame: .delta(delta)).encode(into: &buffer)
    return try buffer.withUnsafeReadableBytes { bytes in
      device.received(try #require(DeltaView(bytes))) { _ in }
    }
  }

  private func started() -> StormDevice {
    var device = StormDevice(link: 0)
    #expect(device.started(Self.turn, in: "c") == nil)
    return device
  }

  @Test("an answer that comes in pieces, cut anywhere, is whole and equal to the stored one")
  func whole() throws {
    let text = Self.tokens(0..<10)
    var device = started()
    for start in Swift.stride(from: 0, to: text.count, by: 7) {
      #expect(try give(&device, offset: start, Array(text[start..<min(text.count, start + 7)])) == nil)
    }
    let end = TurnFinished(turnID: Self.turn, length: UInt64(text.count))
    #expect(device.finished(end, tokens: 10) == nil)
    #expect(device.audit(Self.message(text), tokens: 10) == nil)
    #expect(device.audit(Self.message(Self.tokens(0..<9)), tokens: 10) != nil)
    #expect(device.audit(nil, tokens: 10) != nil)
  }

  @Test("bytes that are left out, come twice, or belong to another answer are noticed")
  func broken() throws {
    let text = Self.tokens(0..<4)
    var device = started()
    #expect(try give(&device, offset: 0, Array(text[..<48])) == nil)
    var (gap, double, other, short) = (device, device, device, device)
    #expect(try give(&gap, offset: 72, Array(text[72...])) != nil)
    #expect(try give(&double, offset: 24, Array(text[24...])) != nil)
    #expect(try give(&other, offset: 48, Array(text[48...]), turn: 8) != nil)
    #expect(short.finished(TurnFinished(turnID: Self.turn, length: 48), tokens: 4) != nil)
  }

  @Test("an answer that ended while the device was away is taken whole, if it begins as the device knows it")
  func endedMeanwhile() throws {
    let text = Self.tokens(0..<4)
    var device = started()
    #expect(try give(&device, offset: 0, Array(text[..<30])) == nil)
    var times: [UInt64] = []
    var changed = text
    changed[3] ^= 1
    var (deceived, shortened) = (device, device)
    #expect(device.received(whole: Self.message(text)) { times.append($0) } == nil)
    #expect(times == [2000, 3000, 4000])
    #expect(device.audit(Self.message(text), tokens: 4) == nil)
    #expect(deceived.received(whole: Self.message(changed)) { _ in } != nil)
    #expect(shortened.received(whole: Self.message(Array(text[..<24]))) { _ in } != nil)
  }

  @Test("lag counts only tokens that were sent while their device was there")
  func lag() {
    var figures = StormFigures()
    figures.took(isLive: true, lag: 5, second: 0)
    figures.took(isLive: false, lag: 900, second: 2)
    figures.dropped(second: 2)
    #expect((figures.live, figures.caughtUp, figures.tokens, figures.drops) == (1, 1, 2, 1))
    #expect(figures.lag.maximum == 5)
    #expect(figures.seconds.map(\.tokens) == [1, 0, 1])
  }
}

import Testing

@testable import weir

@Suite("Figures of raw mode")
struct RawFiguresTests {
  @Test("a pong is matched to its ping, and answers those before it")
  func pings() {
    var figures = RawFigures()
    figures.pinged([1], at: .milliseconds(10))
    figures.pinged([2], at: .milliseconds(20))
    figures.pinged([3], at: .milliseconds(30))
    #expect(figures.ponged([9], at: .milliseconds(35)) == nil)
    #expect(figures.ponged([2], at: .milliseconds(40)) == .milliseconds(20))
    #expect(figures.ponged([1], at: .milliseconds(41)) == nil)
    #expect(figures.ponged([3], at: .milliseconds(40)) == .milliseconds(10))
    #expect(figures.roundTrips.count == 2 && figures.roundTrips.mean == .milliseconds(15))
    #expect(figures.roundTrips.least == .milliseconds(10) && figures.roundTrips.most == .milliseconds(20))
  }

  @Test("pings that nobody answers take bounded memory")
  func bounded() {
    var figures = RawFigures()
    for number in 0..<(RawFigures.maximumOutstandingPings + 1) {
      figures.pinged([UInt8(number & 255), UInt8(number >> 8)], at: .zero)
    }
    #expect(figures.ponged([0, 0], at: .zero) == nil)
    #expect(figures.ponged([1, 0], at: .zero) == .zero)
  }

  @Test("first answer and first token count from the last message before them; rates from first to last")
  func flow() {
    var figures = RawFigures()
    figures.sent(bytes: 5, at: .milliseconds(100))
    figures.received(bytes: 20, at: .milliseconds(103))
    for piece in 0..<5 {
      figures.received(bytes: 12, deltaText: 4, at: .milliseconds(200 + piece * 250))
    }
    #expect(figures.firstAnswer == .milliseconds(3))
    #expect(figures.firstToken == .milliseconds(100))
    #expect(figures.deltas.perSecond == 4)
    #expect(figures.deltas.bytes == 20 && figures.received.bytes == 80)
    #expect(figures.summary.hasPrefix("sent 1 messages, 5 bytes; received 6 ("))
    #expect(figures.summary.contains("5 deltas (4.0/s), 20 bytes of text"))
  }
}

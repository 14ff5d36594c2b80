import Testing

@testable import WeirClient
@testable import weir

@Suite("Figures of an answer")
struct TurnFiguresTests {
  private func finished(tokens: UInt64?) -> TurnEvent {
    .finished(
      FinishedTurn(
        turnID: 1, conversationID: "c", reason: .complete,
        usage: tokens.map { ChatUsage(inputTokens: 1, outputTokens: $0, cachedInputTokens: 0, isEstimated: false) },
        sequence: 2, length: 0, revision: 1))
  }

  @Test("times are from the sending, rates from the first piece to the last")
  func figures() {
    var figures = TurnFigures(sentAt: .seconds(10))
    let ack = AckedMessage(conversationID: "c", sequence: 1, turnID: 1, revision: 1, isDuplicate: false)
    figures.saw(.acked(ack), at: .seconds(10) + .milliseconds(3))
    for piece in 0..<11 {
      figures.saw(.text("four"), at: .seconds(10) + .milliseconds(100 + piece * 100))
    }
    figures.saw(finished(tokens: 20), at: .seconds(12))
    #expect(figures.acknowledged == .milliseconds(3))
    #expect(figures.firstText == .milliseconds(100))
    #expect(figures.deltasPerSecond == 10)
    #expect(figures.bytesPerSecond == 44)
    #expect(figures.tokensPerSecond == 20)
    #expect(
      figures.summary
        == "durable ack 3.0 ms, first token 100.0 ms, whole answer 2000.0 ms, 11 deltas (10.0/s), 44 bytes (44.0/s), "
        + "20 tokens (20.0/s)")
    #expect(
      figures.json.text
        == #"{"event":"stats","durable_ack_ms":3.000,"first_token_ms":100.000,"total_ms":2000.000,"deltas":11,"bytes":44,"#
        + #""deltas_per_second":10.000,"bytes_per_second":44.000,"tokens":20,"tokens_per_second":20.000}"#)
  }

  @Test("an answer in one piece has no rate, and nothing is divided by zero")
  func onePiece() {
    var figures = TurnFigures(sentAt: .zero)
    figures.saw(.text("all"), at: .milliseconds(5))
    figures.saw(finished(tokens: nil), at: .milliseconds(5))
    #expect(figures.deltasPerSecond == nil && figures.bytesPerSecond == nil && figures.tokensPerSecond == nil)
    #expect(figures.summary.contains("1 deltas (-/s)"))
  }
}

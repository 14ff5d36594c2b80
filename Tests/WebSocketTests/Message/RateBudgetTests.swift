import NIOCore
import Testing

@testable import WebSocket

@Suite struct RateBudgetTests {
  @Test("a burst is ample, then tight, then exceeded")
  func burst() {
    var budget = RateBudget()
    let now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    let spent = (0..<41).map { _ in budget.spend(at: now, perSecond: 20, burst: 40) }
    #expect(spent[..<20].allSatisfy { $0 == .ample })
    #expect(spent[20..<40].allSatisfy { $0 == .tight })
    #expect(spent[40] == .exceeded)
  }

  @Test("the rate itself can be kept up for ever")
  func steady() {
    var budget = RateBudget()
    for event in 0..<10_000 {
      let now = NIODeadline.uptimeNanoseconds(1_000_000_000 + UInt64(event) * 50_000_000)
      #expect(budget.spend(at: now, perSecond: 20, burst: 40) == .ample)
    }
  }
}

import Testing

@testable import WeirServer

@Suite("What is too old")
struct CutoffTests {
  private let file: ConfigurationFile

  init() throws {
    file = try ConfigurationFile()
  }

  private func cutoff(_ yaml: String, nowMs: UInt64 = 10_000_000_000) async throws -> Cutoff? {
    Cutoff(try await file.load(yaml).configuration, nowMs: nowMs)
  }

  @Test("without a plan that says so, everything is kept for ever")
  func forEver() async throws {
    #expect(try await cutoff("") == nil)
    #expect(try await cutoff("plans: {default: {turnsAtOnce: 1}, paid: {keepConversations: none}}") == nil)
  }

  @Test("each plan has its own age; who named none, or one that is gone, has the default's")
  func plans() async throws {
    let found = try await cutoff(
      "plans: {default: {keepConversations: 1d}, paid: {keepConversations: 30m}, staff: {turnsAtOnce: 1}}")
    let cutoff = try #require(found)
    let aDay: UInt64 = 10_000_000_000 - 86_400_000
    let halfAnHour: UInt64 = 10_000_000_000 - 1_800_000
    #expect(cutoff.oldestKeptMs(plan: "paid") == halfAnHour)
    #expect(cutoff.oldestKeptMs(plan: "default") == aDay)
    #expect(cutoff.oldestKeptMs(plan: "") == aDay)
    #expect(cutoff.oldestKeptMs(plan: "free (2024)") == aDay)
    #expect(cutoff.oldestKeptMs(plan: "staff") == nil)
  }

  @Test("a clock near 1970 makes nothing too old")
  func youngClock() async throws {
    let cutoff = try #require(try await cutoff("plans: {default: {keepConversations: 876000h}}", nowMs: 1000))
    #expect(cutoff.oldestKeptMs(plan: "") == nil)
  }

  @Test("less than a second, or more than a century, is no age")
  func range() async throws {
    for text in ["0s", "10ms", "876001h", "365"] {
      let problems = try await file.problems("plans: {default: {keepConversations: \(text)}}")
      #expect(problems.map(\.key) == ["plans.default.keepConversations"], "\(text)")
    }
  }
}

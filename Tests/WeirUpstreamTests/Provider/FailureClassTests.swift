import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Classes of failures")
struct FailureClassTests {
  private let refusal = ProviderRefusal(endpoint: "eu-1", key: "sk-secret")

  @Test(
    "each status says whether trying again helps, and where",
    arguments: [
      (400, FailureClass.final), (401, .rejected(keyIsBad: true)), (402, .rejected(keyIsBad: true)),
      (403, .rejected(keyIsBad: true)), (404, .rejected(keyIsBad: false)), (407, .rejected(keyIsBad: false)),
      (308, .rejected(keyIsBad: false)), (408, .retryable), (413, .final), (422, .final),
      (429, .overloaded(retryAfterMs: 7000)), (500, .retryable), (502, .retryable),
      (503, .overloaded(retryAfterMs: 7000)), (504, .retryable), (529, .overloaded(retryAfterMs: 7000)),
    ])
  func statuses(_ status: Int, _ expected: FailureClass) {
    let failure = refusal.failure(head: ResponseHead(status: status, limits: .retry(7000)), body: [])
    #expect(failure.kind == expected)
    #expect(failure.error.message.contains("eu-1"), "it names the endpoint")
    let isForOperators = failure.error.code == .upstreamRejected
    #expect(isForOperators != failure.error.retryable, "what is never tried again says what to fix")
    if case .overloaded = expected { #expect(failure.error.retryAfterMs == 7000) }
  }

  @Test("an account that is used up is no reason to wait")
  func quota() {
    for body in [
      #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
      #"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access"}}"#,
    ] {
      let failure = refusal.failure(head: ResponseHead(status: 429), body: Array(body.utf8))
      #expect(failure.kind == .rejected(keyIsBad: true) && !failure.error.retryable)
    }
  }

  @Test("a refusal without advice takes it from the limit that is used up")
  func advice() {
    var limits = ProviderLimits()
    limits.requests = .init(limit: 10, remaining: 5, resetAfterMs: 60_000)
    limits.tokens = .init(limit: 10, remaining: 0, resetAfterMs: 1500)
    let failure = refusal.failure(head: ResponseHead(status: 429, limits: limits), body: [])
    #expect(failure.kind == .overloaded(retryAfterMs: 1500))
  }

  @Test("faults of the way are worth another attempt, unless an operator must see to them")
  func transport() {
    let failure = CallFailure(endpoint: "eu-1")
    let timeouts = CallTimeouts()
    for fault in [
      failure.tooSlow(.firstToken, timeouts), failure.tooSlow(.stall, timeouts), failure.connectTimeout(timeouts),
      failure.brokeOff, failure.saidNothing, failure.unreachable("no route"), failure.notUnderstood,
      failure.tooLargeEvent(bytes: 1),
    ] {
      #expect(fault.kind == .retryable && fault.error.retryable && fault.error.message.contains("eu-1"))
    }
    for fault in [failure.webPage, failure.untrusted("expired")] {
      #expect(fault.kind == .rejected(keyIsBad: false) && !fault.error.retryable)
    }
  }
}

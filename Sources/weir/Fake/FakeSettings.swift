/// How the fake provider behaves. All of it can be changed while it runs.
struct FakeSettings: Codable, Sendable, Equatable {
  /// From a request to its first token.
  var firstToken = FakeDelay.fixed(0.2)
  /// From one token to the next.
  var betweenTokens = FakeDelay.fixed(0.02)
  /// Tokens of an answer, unless the request allows fewer.
  var tokens = 100
  /// Answers at the same time; more are refused with 429. 0: any number.
  var concurrent = 0
  /// Requests in any minute; more are refused with 429. 0: any number.
  var requestsPerMinute = 0
  /// What a refusal beyond `concurrent` says in Retry-After, in seconds.
  var retryAfterSeconds = 1
  /// The share of requests, 0 to 1, that are answered with `errorStatus`.
  var errorShare = 0.0
  var errorStatus = 500
  /// The share of answers that stop coming in the middle, without an end.
  var stallShare = 0.0
  /// The share of answers whose connection is cut.
  var cutShare = 0.0
  /// Where it is cut, in bytes of the body; 0: anywhere.
  var cutAtByte = 0
  /// The share of answers with something in the middle that is neither JSON nor an event.
  var garbageShare = 0.0
  /// Whether requests for usage are honoured.
  var usage = true
  /// An outage: so many seconds after the start (or after this was set), for so many seconds.
  var downAfterSeconds: Double?
  var downForSeconds = 30.0
  /// After an outage, `concurrent` grows back from 1 in so many seconds.
  var slowStartSeconds = 0.0

  /// What cannot be; nil: all is well.
  var problem: String? {
    for (name, share) in [
      ("errorShare", errorShare), ("stallShare", stallShare), ("cutShare", cutShare), ("garbageShare", garbageShare),
    ] where !(0...1).contains(share) {
      return "\(name) must be from 0 to 1"
    }
    if !(0...1_000_000).contains(tokens) { return "tokens must be from 0 to 1000000" }
    if !(400...599).contains(errorStatus) { return "errorStatus must be from 400 to 599" }
    for (name, count) in [
      ("concurrent", concurrent), ("requestsPerMinute", requestsPerMinute), ("retryAfterSeconds", retryAfterSeconds),
      ("cutAtByte", cutAtByte),
    ] where count < 0 {
      return "\(name) must not be negative"
    }
    for (name, seconds) in [
      ("downAfterSeconds", downAfterSeconds ?? 0), ("downForSeconds", downForSeconds),
      ("slowStartSeconds", slowStartSeconds),
    ] where !(0...1e9).contains(seconds) {
      return "\(name) must not be negative"
    }
    return nil
  }
}

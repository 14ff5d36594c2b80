internal import WeirWire

/// Turns what a provider answered in place of an answer into an error for people and programs (rule 8).
struct ProviderRefusal: Sendable {
  /// The endpoint's name, as the operator knows it.
  let endpoint: String
  /// The key, so that no message repeats it.
  let key: String

  private static let longestRetryMs = 3_600_000
  private static let quotes = " It said: "

  /// A message without the provider's own words, which may repeat what users wrote: for logs.
  static func withoutQuote(_ message: String) -> Substring {
    message[..<(message.firstRange(of: quotes)?.lowerBound ?? message.endIndex)]
  }

  /// How messages name an endpoint.
  static func name(_ endpoint: String) -> String { "The provider \"\(endpoint)\"" }

  /// An HTTP status other than 2xx, with as much of the body as was kept.
  func failure(head: ResponseHead, body: [UInt8]) -> ProviderFailure {
    failure(status: head.status, adviceMs: head.limits.adviceMs, complaint: Self.complaint(in: body))
  }

  /// An error in the middle of a stream, or in a body that came with status 200.
  func failure(_ complaint: ProviderComplaint) -> ProviderFailure {
    failure(status: complaint.status ?? Self.status(impliedBy: complaint), adviceMs: 0, complaint: complaint)
  }

  private func failure(status: Int, adviceMs: Int, complaint: ProviderComplaint) -> ProviderFailure {
    let said = ErrorText.clean(complaint.message, secret: key)
    let quote = said.isEmpty ? "" : Self.quotes + said
    let name = Self.name(endpoint)
    if status == 402 || complaint.isQuotaUsedUp {
      return rejected(
        "\(name) wants no more calls on this account (\(status)). Ask the operator to see to its quota.",
        .rejected(keyIsBad: true))
    }
    switch status {
    case 429, 503, 529:
      return overloaded("\(name) is at its limit (\(status)). Try again later.\(quote)", adviceMs)
    case 401, 403:
      // What providers say here can hold parts of the key: it is for the log, not for users.
      return rejected(
        "\(name) refuses the key (\(status)). Ask the operator to set the right one.", .rejected(keyIsBad: true))
    case 404:
      return rejected("\(name) knows no such model or address (404). Ask the operator to check both.\(quote)")
    case 407:
      return rejected("The proxy before \(endpoint) wants a login (407). Ask the operator to set it.")
    case 300..<400:
      return rejected("\(name) has moved (\(status)). Ask the operator to set its new address.")
    case 408, 504:
      return retryable(.upstreamTimeout, "\(name) gave up waiting (\(status)). Try again.\(quote)", adviceMs)
    case 413:
      return rejected("\(name) finds the conversation too long (413). Start a new one.\(quote)", .final)
    case 400..<500:
      return rejected(
        "\(name) refuses the request (\(status)). Change the message or ask the operator.\(quote)", .final)
    default:
      return retryable(.upstreamFailed, "\(name) failed (\(status)). Try again.\(quote)", adviceMs)
    }
  }

  private func rejected(_ sentence: String, _ kind: FailureClass = .rejected(keyIsBad: false)) -> ProviderFailure {
    ProviderFailure(WeirError(code: .upstreamRejected, message: sentence), kind)
  }

  private func overloaded(_ sentence: String, _ adviceMs: Int) -> ProviderFailure {
    let error = WeirError(
      code: .upstreamOverloaded, message: sentence, retryable: true, retryAfterMs: Self.forDevices(adviceMs))
    return ProviderFailure(error, .overloaded(retryAfterMs: adviceMs))
  }

  private func retryable(_ code: ErrorCode, _ sentence: String, _ adviceMs: Int) -> ProviderFailure {
    let error = WeirError(
      code: code, message: sentence, retryable: true, retryAfterMs: Self.forDevices(adviceMs))
    return ProviderFailure(error, .retryable)
  }

  private static func forDevices(_ adviceMs: Int) -> UInt32 { UInt32(max(0, min(adviceMs, longestRetryMs))) }

  /// Streams carry no status: the words that providers use for what the status would be.
  private static func status(impliedBy complaint: ProviderComplaint) -> Int {
    let words = [complaint.code, complaint.type]
    if words.contains(where: { $0.contains("rate_limit") || $0.contains("overloaded") || $0 == "insufficient_quota" }) {
      return 429
    }
    if words.contains("context_length_exceeded") || words.contains("request_too_large") { return 413 }
    if words.contains(where: { $0.contains("authentication") || $0 == "invalid_api_key" }) { return 401 }
    if words.contains("permission_error") { return 403 }
    if words.contains("model_not_found") || words.contains("not_found_error") { return 404 }
    if words.contains("timeout_error") { return 504 }
    let faults = ["invalid_request", "invalid_prompt", "BadRequestError"]
    if words.contains(where: { word in faults.contains { word.contains($0) } }) { return 400 }
    return 500
  }

  private static func complaint(in body: [UInt8]) -> ProviderComplaint {
    if let chunk = try? ChatChunk.scan(body.span), let complaint = chunk.complaint { return complaint }
    let text = String(decoding: body, as: UTF8.self)
    let start = text.drop { $0.isWhitespace }
    return ProviderComplaint(message: start.hasPrefix("<") ? ErrorText.fromHTML(text) : text)
  }
}

internal import WeirWire

/// Turns what a provider answered in place of an answer into an error for people and programs (rule 8).
struct ProviderRefusal: Sendable {
  /// The model as the user knows it.
  let model: String
  /// The key, so that no message repeats it.
  let key: String

  private static let longestRetryMs = 3_600_000
  private static let quotes = " It said: "

  /// A message without the provider's own words, which may repeat what users wrote: for logs.
  static func withoutQuote(_ message: String) -> Substring {
    message[..<(message.firstRange(of: quotes)?.lowerBound ?? message.endIndex)]
  }

  /// An HTTP status other than 2xx, with as much of the body as was kept.
  func error(head: ResponseHead, body: [UInt8]) -> WeirError {
    error(status: head.status, retryAfterMs: head.retryAfterMs, complaint: Self.complaint(in: body))
  }

  /// An error in the middle of a stream, or in a body that came with status 200.
  func error(_ complaint: ProviderComplaint) -> WeirError {
    error(status: complaint.status ?? Self.status(impliedBy: complaint), retryAfterMs: 0, complaint: complaint)
  }

  private func error(status: Int, retryAfterMs: Int, complaint: ProviderComplaint) -> WeirError {
    let said = ErrorText.clean(complaint.message, secret: key)
    let quote = said.isEmpty ? "" : Self.quotes + said
    let name = "The provider of model \"\(model)\""
    let isQuotaUsedUp = complaint.code == "insufficient_quota" || complaint.type == "insufficient_quota"
    switch status {
    case 429 where isQuotaUsedUp:
      return rejected("\(name) wants no more calls on this account (\(status)). Ask the operator to see to its quota.")
    case 429, 503, 529:
      return WeirError(
        code: .upstreamOverloaded, message: "\(name) is at its limit (\(status)). Try again later.\(quote)",
        retryable: true, retryAfterMs: UInt32(max(0, min(retryAfterMs, Self.longestRetryMs))))
    case 401, 403:
      // What providers say here can hold parts of the key: it is for the log, not for users.
      return rejected("\(name) refuses the key (\(status)). Ask the operator to set the right one.")
    case 404:
      return rejected("\(name) knows no such model or address (404). Ask the operator to check both.\(quote)")
    case 407:
      return rejected("The proxy before the provider wants a login (407). Ask the operator to set it.")
    case 408, 504:
      return WeirError(
        code: .upstreamTimeout, message: "\(name) gave up waiting (\(status)). Try again.\(quote)", retryable: true)
    case 413:
      return rejected("\(name) finds the conversation too long (413). Start a new one.\(quote)")
    case 300..<400:
      return rejected("\(name) has moved (\(status)). Ask the operator to set its new address.")
    case 400..<500:
      return rejected("\(name) refuses the request (\(status)). Change the message or ask the operator.\(quote)")
    default:
      return WeirError(
        code: .upstreamFailed, message: "\(name) failed (\(status)). Try again.\(quote)", retryable: true,
        retryAfterMs: UInt32(max(0, min(retryAfterMs, Self.longestRetryMs))))
    }
  }

  private func rejected(_ sentence: String) -> WeirError { WeirError(code: .upstreamRejected, message: sentence) }

  /// Streams carry no status: the words that providers use for what the status would be.
  private static func status(impliedBy complaint: ProviderComplaint) -> Int {
    let words = [complaint.code, complaint.type]
    if words.contains(where: { $0.contains("rate_limit") || $0.contains("overloaded") || $0 == "insufficient_quota" }) {
      return 429
    }
    if words.contains("context_length_exceeded") { return 413 }
    if words.contains(where: { $0.contains("authentication") || $0 == "invalid_api_key" }) { return 401 }
    if words.contains("model_not_found") { return 404 }
    if words.contains(where: { $0.contains("invalid_request") || $0 == "BadRequestError" }) { return 400 }
    return 500
  }

  private static func complaint(in body: [UInt8]) -> ProviderComplaint {
    if let chunk = try? ChatChunk.scan(body.span), let complaint = chunk.complaint { return complaint }
    let text = String(decoding: body, as: UTF8.self)
    let start = text.drop { $0.isWhitespace }
    return ProviderComplaint(message: start.hasPrefix("<") ? ErrorText.fromHTML(text) : text)
  }
}

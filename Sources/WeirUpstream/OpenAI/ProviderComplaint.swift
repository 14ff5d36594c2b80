/// What a provider says went wrong: the `error` of an OpenAI-compatible answer, in its many shapes.
struct ProviderComplaint: Sendable, Equatable {
  /// For people, as the provider wrote it.
  var message = ""
  /// "rate_limit_error", "server_error", …
  var type = ""
  /// "insufficient_quota", "model_not_found", or an HTTP status as text.
  var code = ""

  /// The HTTP status that the code is, if it is one.
  var status: Int? { Int(code).flatMap { (400...599).contains($0) ? $0 : nil } }
}

/// What counts of an HTTP response's status line and headers. A class: it comes with each piece of the body, and the
/// limits in it are two hundred bytes.
final class ResponseHead: Sendable {
  let status: Int
  /// What the provider says of its limits: with every response, not only with refusals.
  let limits: ProviderLimits

  init(status: Int, limits: ProviderLimits = ProviderLimits()) {
    self.status = status
    self.limits = limits
  }

  var isSuccess: Bool { 200..<300 ~= status }
}

internal import WeirWire

/// The errors of calls that the gateway gives up, each in one place.
enum GatewayError {
  static let deadline = WeirError(
    code: .deadlineExceeded, message: "The answer could not begin in its time; nothing was spent. Ask again.",
    retryable: true)

  static func noUsableKey(_ model: String) -> WeirError {
    WeirError(
      code: .upstreamRejected,
      message: "No provider of model \"\(model)\" takes its key. Ask the operator to set the right one.")
  }

  static func modelRemoved(_ model: String) -> WeirError {
    WeirError(
      code: .invalidArgument, message: "The model \"\(model)\" is no longer there. Choose another one and ask again.")
  }
}

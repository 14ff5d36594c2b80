internal import WeirWire

/// What has come of one answer so far, in whatever words its provider has.
struct AnswerState: Sendable {
  var parts: AnswerParts
  var usage: Usage?
  /// Set once the model has said that it is done.
  var finishReason: FinishReason?
  /// Chunks with text so far; about as many as tokens.
  var deltas = 0
  /// The model said why it does not answer, in place of an answer.
  var isRefused = false

  /// Why the answer ended, for its user.
  var reason: FinishReason {
    guard let finishReason, finishReason != .complete else {
      // Some servers say "stop" behind calls of tools too.
      return parts.hasToolCalls ? .toolCalls : isRefused ? .contentFilter : .complete
    }
    return finishReason
  }
}

/// What one event of a provider's stream means for the call.
enum EventEffect: Sendable, Equatable {
  /// Nothing that the model gave.
  case nothing
  /// The model gave something.
  case progress
  /// The stream's last word.
  case ended
  /// The provider says that it failed.
  case failed(ProviderComplaint)
}

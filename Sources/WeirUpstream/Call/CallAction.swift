internal import WeirWire

/// What is to be done for a call after something has happened to it.
enum CallAction: Sendable, Equatable {
  /// What becomes of the connection that served the call.
  enum Transfer: Sendable, Equatable {
    /// It has ended already.
    case over
    /// It is about to end by itself and can then serve another call.
    case drain
    /// It must be cut.
    case abort
  }

  case none
  /// The answer has ended: tell its user.
  case finish(FinishReason, Usage?, Transfer)
  /// The answer has broken off: tell its user.
  case fail(ProviderFailure, Transfer)
  /// The user has been told before; now the connection must be cut.
  case cut
}

package import WeirWire

/// Whether another attempt makes sense, and where.
package enum FailureClass: Sendable, Hashable {
  /// The provider is at its limit: nothing more to it for so many milliseconds; 0: it gave no advice.
  case overloaded(retryAfterMs: Int)
  /// This endpoint serves no such call until an operator has seen to it: another endpoint may. With `keyIsBad`, another
  /// key of the same endpoint may too.
  case rejected(keyIsBad: Bool)
  /// A fault that may be gone the next time, here or elsewhere.
  case retryable
  /// The call itself is at fault: it fails everywhere.
  case final
}

/// Why a call broke off: what its user is told, and what the one who might try again needs to know.
package struct ProviderFailure: Error, Sendable, Equatable {
  package var error: WeirError
  package var kind: FailureClass

  package init(_ error: WeirError, _ kind: FailureClass) {
    self.error = error
    self.kind = kind
  }
}

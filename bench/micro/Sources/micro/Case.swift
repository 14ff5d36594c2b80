/// One thing that is measured.
struct Case: Sendable {
  let name: String
  /// What one operation is.
  let operation: String
  /// Prepares, and returns what does so many operations.
  let prepare: @Sendable () throws -> (Int) -> Void

  /// All of them, in the order of a token's way.
  static let all: [Case] = frames + deflate + wire + dialects + core + store
}

/// Keeps a result from being optimised away.
@inline(never)
func keep<T>(_ value: T) { withExtendedLifetime(value) {} }

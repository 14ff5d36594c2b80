import WeirCore

/// The two ends of an erasure that the data's owner sees to; between them the disk is cleaned.
struct UserErasure: Sendable {
  /// Ends the user's session so that it writes nothing any more, keeps the user out, has the journal erase the user, and
  /// returns when that is durable. If it throws, the user is as kept out as if it had not.
  let begin: @Sendable (UserID) async throws -> Void
  /// Lets the user come again.
  let end: @Sendable (UserID) async -> Void
}

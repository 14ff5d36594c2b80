/// Who a device speaks for.
package struct Identity: Sendable, Equatable {
  /// The user's name, 1 to 256 bytes.
  package var user: String
  /// Seconds since 1970 at which the token runs out; nil: never.
  package var expiresAt: Int64?

  package init(user: String, expiresAt: Int64? = nil) {
    self.user = user
    self.expiresAt = expiresAt
  }

  /// Whether a name can be a user's.
  package static func isUserName(_ name: String) -> Bool {
    (1...256).contains(name.utf8.count)
  }
}

package import WeirCore

/// Who a device speaks for.
package struct Identity: Sendable, Equatable {
  /// The user's name, 1 to 256 bytes.
  package var user: String
  /// Seconds since 1970 at which the token runs out; nil: never.
  package var expiresAt: Int64?
  /// What the token says of plan, lane and tenant. Whether there are such is for the policy to tell.
  package var access: Access

  package init(user: String, expiresAt: Int64? = nil, access: Access = Access()) {
    self.user = user
    self.expiresAt = expiresAt
    self.access = access
  }

  /// Whether a name can be a user's.
  package static func isUserName(_ name: String) -> Bool {
    (1...256).contains(name.utf8.count)
  }
}

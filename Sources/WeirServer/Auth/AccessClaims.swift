/// The claims that tell a user's plan, lane and tenant.
struct AccessClaims: Sendable, Equatable {
  var plan: String
  var lane: String
  var tenant: String

  /// What a plan's, lane's or tenant's name may have at most: such names stand in keys of the store and in labels.
  static let maximumBytes = 128

  init(_ auth: WeirConfiguration.Auth) {
    plan = auth.planClaim
    lane = auth.laneClaim
    tenant = auth.tenantClaim
  }

  /// Whether the text can be the value of such a claim. The empty text says nothing, as if the claim were not there.
  static func isValue(_ text: String) -> Bool {
    text.utf8.count <= maximumBytes && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}

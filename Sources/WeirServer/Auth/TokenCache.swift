import Crypto

/// Tokens that have been verified, by their SHA-256, so that a storm of reconnects does not verify them again. Holds no
/// token, and at most two generations of `capacity` entries: when the young one is full, the old one is dropped.
struct TokenCache: Sendable {
  private let capacity: Int
  private var young: [SHA256Digest: Identity] = [:]
  private var old: [SHA256Digest: Identity] = [:]

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// How many are held.
  var count: Int { young.count + old.count }

  /// The token's identity if it was verified before. The caller checks its time.
  mutating func identity(for digest: SHA256Digest) -> Identity? {
    if let identity = young[digest] { return identity }
    guard let identity = old.removeValue(forKey: digest) else { return nil }
    insert(identity, for: digest)
    return identity
  }

  mutating func insert(_ identity: Identity, for digest: SHA256Digest) {
    if young.count >= capacity {
      old = young
      young = [:]
    }
    young[digest] = identity
  }

  mutating func remove(_ digest: SHA256Digest) {
    young[digest] = nil
    old[digest] = nil
  }
}

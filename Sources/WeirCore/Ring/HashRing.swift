/// A consistent-hash ring: which of N nodes owns a user. Each node stands at many places (virtual nodes) on a circle of
/// 64-bit hashes, and a user belongs to the first place at or after the user's own hash. Adding a node therefore
/// takes about 1/N of the users from the others and moves none between them.
///
/// The same ring serves every level: event loop in a process, later node in a cluster. A value; look-ups are a binary
/// search without allocation.
package struct HashRing: Sendable, Equatable {
  /// Enough places that the fullest of 16 nodes holds less than 15 % more than its share.
  package static let defaultVirtualNodes = 1024

  private struct Place: Sendable, Equatable {
    var hash: UInt64
    var node: Int
  }

  private var places: [Place] = []
  private let virtualNodes: Int

  package init(nodes: some Sequence<Int>, virtualNodes: Int = HashRing.defaultVirtualNodes) {
    self.virtualNodes = max(1, virtualNodes)
    for node in nodes {
      places.append(contentsOf: Self.places(of: node, count: self.virtualNodes))
    }
    places.sort { ($0.hash, $0.node) < ($1.hash, $1.node) }
  }

  /// Adds a node; it takes its share from all others.
  package mutating func add(node: Int) {
    places.append(contentsOf: Self.places(of: node, count: virtualNodes))
    places.sort { ($0.hash, $0.node) < ($1.hash, $1.node) }
  }

  /// Removes a node; its users go to all others.
  package mutating func remove(node: Int) {
    places.removeAll { $0.node == node }
  }

  /// The node that owns `user`. The ring must have at least one node.
  package func owner(of user: UserID) -> Int {
    precondition(!places.isEmpty, "a ring without nodes owns nothing: add a node first")
    let hash = StableHash.hash(user.utf8)
    var low = 0
    var high = places.count
    while low < high {
      let middle = (low + high) / 2
      if places[middle].hash < hash { low = middle + 1 } else { high = middle }
    }
    return places[low == places.count ? 0 : low].node
  }

  private static func places(of node: Int, count: Int) -> [Place] {
    (0..<count).map { index in
      let name = (UInt64(truncatingIfNeeded: node) << 32) | UInt64(index)
      return Place(hash: StableHash.mix(StableHash.mix(name &+ 0x9e37_79b9_7f4a_7c15)), node: node)
    }
  }
}

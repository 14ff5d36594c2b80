/// SplitMix64 as a random source: small, quick, and the same numbers from the same seed, so that what the gateway did
/// can be replayed. Nothing secret depends on it.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return StableHash.mix(state)
  }
}

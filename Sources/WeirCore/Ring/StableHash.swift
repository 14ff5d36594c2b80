/// A 64-bit hash that is the same in every process and version: the ring's places depend on it. (`Hasher` is seeded
/// anew in each process.) FNV-1a over the bytes, then the finaliser of SplitMix64, because FNV alone spreads short,
/// similar names badly over the high bits that the ring sorts by.
package enum StableHash {
  package static func hash(_ bytes: some Sequence<UInt8>, seed: UInt64 = 0) -> UInt64 {
    // Text and arrays lie in one piece. Through a sequence's own iterator each byte takes several calls when
    // the caller is in another module.
    let hash = bytes.withContiguousStorageIfAvailable { Self.hash($0, seed: seed) }
    if let hash { return hash }
    return Array(bytes).withUnsafeBufferPointer { Self.hash($0, seed: seed) }
  }

  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
    var state: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
    for byte in bytes {
      state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    return mix(state)
  }

  /// SplitMix64's finaliser: every input bit reaches every output bit.
  package static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

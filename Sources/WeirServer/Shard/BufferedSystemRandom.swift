#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The system's random numbers, fetched 32 at a time: the standard library's generator makes a system call for each, and
/// a turn needs five.
struct BufferedSystemRandom: RandomNumberGenerator {
  /// As much as `getentropy` gives at once: 256 bytes.
  private static let count = 32

  private var numbers: [UInt64] = []

  mutating func next() -> UInt64 {
    if numbers.isEmpty { fill() }
    return numbers.popLast() ?? UInt64.random(in: 0 ... .max)
  }

  private mutating func fill() {
    var fresh = [UInt64](repeating: 0, count: Self.count)
    let isFilled = fresh.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) == 0 }
    // It fails on kernels without getrandom; the standard library knows another way.
    if isFilled { numbers = fresh }
  }
}

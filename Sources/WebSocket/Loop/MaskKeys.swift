/// Unpredictable masking keys (RFC 6455 §10.3). Each draw on the kernel's generator gives two, because the system call
/// costs more than the masking.
struct MaskKeys {
  private var generator = SystemRandomNumberGenerator()
  private var spare: UInt32?

  mutating func take() -> UInt32 {
    if let key = spare {
      spare = nil
      return key
    }
    let both = generator.next()
    spare = UInt32(truncatingIfNeeded: both >> 32)
    return UInt32(truncatingIfNeeded: both)
  }
}

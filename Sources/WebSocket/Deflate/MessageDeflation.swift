import NIOCore

/// Compresses one connection's messages. Without takeover the compressor is the loop's. With it the connection has its
/// own, made at the first message that is long enough and dropped when the connection goes quiet: a sender may always
/// start with an empty window.
final class MessageDeflation {
  private let pool: DeflatePool
  private let settings: Deflater.Settings
  private let takeover: Bool
  let thresholdBytes: Int
  private var own: Deflater?

  init(_ parameters: DeflateParameters, _ configuration: DeflateConfiguration, role: Role, pool: DeflatePool) {
    self.pool = pool
    takeover = parameters.ownTakeover(role)
    thresholdBytes = max(1, configuration.thresholdBytes)
    settings = Deflater.Settings(
      level: configuration.level, windowBits: parameters.ownWindowBits(role), memoryLevel: configuration.memoryLevel)
  }

  /// Appends the compressed message and returns true, or returns false when it is better sent as it is.
  func compress(_ message: ByteBuffer, into out: inout ByteBuffer) -> Bool {
    if takeover {
      guard let deflater = own ?? Deflater(settings) else { return false }
      own = deflater
      message.withUnsafeReadableBytes { deflater.compress($0, into: &out) }
      return true
    }
    guard let deflater = pool.takeDeflater(settings) else { return false }
    message.withUnsafeReadableBytes { deflater.compress($0, into: &out) }
    pool.giveBack(deflater, settings)
    return out.readableBytes < message.readableBytes
  }

  func becomeIdle() { own = nil }
}

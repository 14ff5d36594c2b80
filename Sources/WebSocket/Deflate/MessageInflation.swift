import NIOCore

/// Inflates one connection's messages, with a context that is the loop's (no takeover) or its own (takeover, made at the
/// first compressed message and given up for its bare window when the connection goes quiet). One that dies inside a
/// message takes its context along: it may be released off the loop, where the pool must not be touched.
final class MessageInflation {
  private enum Context {
    case none
    case live(Inflater)
    /// Quiet: the last bytes of earlier messages, at most one window.
    case window(ByteBuffer)
  }

  private let pool: DeflatePool
  private let takeover: Bool
  private let windowBits: Int
  private var context = Context.none

  init(_ parameters: DeflateParameters, role: Role, pool: DeflatePool) {
    self.pool = pool
    takeover = parameters.peerTakeover(role)
    windowBits = takeover ? parameters.peerWindowBits(role) : 15
  }

  /// A compressed message begins. When no memory can be had, the first ``inflate(_:into:limit:)`` says so.
  func begin() {
    switch context {
    case .live(let inflater): inflater.beginMessage()
    case .none:
      guard let inflater = takeover ? Inflater(windowBits: windowBits) : pool.takeInflater() else { return }
      inflater.beginMessage()
      context = .live(inflater)
    case .window(let window):
      guard let inflater = Inflater(windowBits: windowBits) else { return }
      inflater.restore(window)
      inflater.beginMessage()
      context = .live(inflater)
    }
  }

  func inflate(_ input: UnsafeRawBufferPointer, into out: inout ByteBuffer, limit: MessageLimits) -> InflateOutcome {
    guard case .live(let inflater) = context else { return .outOfMemory }
    return inflater.inflate(input, into: &out, limit: limit.maximumMessageBytes)
  }

  /// Ends the message with the four bytes that its sender left out (RFC 7692 §7.2.2).
  func finish(into out: inout ByteBuffer, limit: MessageLimits) -> InflateOutcome {
    guard case .live(let inflater) = context else { return .outOfMemory }
    let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
    var outcome = tail.withUnsafeBytes { inflater.inflate($0, into: &out, limit: limit.maximumMessageBytes) }
    if outcome == .done, !inflater.isBetweenBlocks { outcome = .invalid }
    if !takeover {
      context = .none
      pool.giveBack(inflater)
    }
    return outcome
  }

  /// Keeps the window only. Not to be called inside a message.
  func becomeIdle() {
    guard takeover, case .live(let inflater) = context else { return }
    context = .window(inflater.window())
  }
}

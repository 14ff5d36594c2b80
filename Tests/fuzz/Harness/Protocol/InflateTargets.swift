import NIOCore

@testable import WebSocket

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// permessage-deflate.
enum InflateTargets {
  static let all = [
    FuzzTarget("inflate", start: inflate),
    FuzzTarget("deflate", start: deflate),
  ]

  /// Hostile input inflates to the same, whole and cut anywhere, and never to more than the limit.
  private static let inflate: @Sendable () throws -> FuzzTarget.Run = {
    let pool = DeflatePool()
    return { bytes in
      var input = FuzzInput(bytes)
      let (cuts, choice) = (input.byte(), input.byte())
      var limits = MessageLimits()
      limits.maximumMessageBytes = choice & 1 == 0 ? 64 : 4096
      let bytes = input.bytes
      let whole = try inflateAll([bytes[...]], limits, pool)
      let cut = try inflateAll(bytes.pieces(cuts), limits, pool)
      try promise(whole.0 == cut.0, "cut anywhere, the same happens: \(whole.0) and \(cut.0)")
      try promise(whole.0 != .done || whole.1 == cut.1, "cut anywhere, the same comes out")
    }
  }

  private static func inflateAll(
    _ pieces: [ArraySlice<UInt8>], _ limits: MessageLimits, _ pool: DeflatePool
  ) throws -> (InflateOutcome, ByteBuffer) {
    // Without takeover, so that the context is the pool's: it must come back from anything as good as new.
    let inflation = MessageInflation(
      DeflateParameters(serverNoContextTakeover: true, clientNoContextTakeover: true), role: .server, pool: pool)
    var out = ByteBuffer()
    var outcome = InflateOutcome.done
    inflation.begin()
    for piece in pieces where outcome == .done {
      outcome = piece.withUnsafeBytes { inflation.inflate($0, into: &out, limit: limits) }
    }
    let end = inflation.finish(into: &out, limit: limits)
    try promise(out.readableBytes <= limits.maximumMessageBytes, "nothing is kept past the limit")
    return (outcome == .done ? end : outcome, out)
  }

  /// Messages that were compressed inflate to themselves, with every window, level and kind of context.
  private static let deflate: @Sendable () throws -> FuzzTarget.Run = {
    let pool = DeflatePool()
    return { bytes in
      var input = FuzzInput(bytes)
      let (bits, choice, cuts) = (8 + input.choice(8), input.byte(), input.byte())
      var parameters = DeflateParameters()
      parameters.serverMaxWindowBits = bits
      parameters.serverNoContextTakeover = choice & 1 == 0
      var configuration = DeflateConfiguration()
      configuration.level = 1 + Int(choice >> 1) % 9
      configuration.memoryLevel = 1
      configuration.thresholdBytes = 1
      let deflation = MessageDeflation(parameters, configuration, role: .server, pool: pool)
      let inflation = MessageInflation(parameters, role: .client, pool: pool)
      while !input.isEmpty {
        // Repeated, so that matches reach far back.
        let piece = input.chunk()
        let message = ByteBuffer(bytes: Array(repeatElement(piece, count: 1 + input.choice(4)).joined()))
        // A connection compresses nothing shorter.
        if message.readableBytes < deflation.thresholdBytes { continue }
        if input.byte() & 7 == 0 { inflation.becomeIdle() }
        var compressed = ByteBuffer()
        guard deflation.compress(message, into: &compressed) || !parameters.serverNoContextTakeover else { continue }
        var again = ByteBuffer()
        inflation.begin()
        for piece in Array(compressed.readableBytesView).pieces(cuts | 1) {
          let outcome = piece.withUnsafeBytes { inflation.inflate($0, into: &again, limit: MessageLimits()) }
          try promise(outcome == .done, "what was compressed inflates")
        }
        try promise(inflation.finish(into: &again, limit: MessageLimits()) == .done, "what was compressed ends")
        try promise(again == message, "what was compressed comes back")
      }
    }
  }
}

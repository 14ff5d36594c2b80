import NIOCore

@testable import WebSocket

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// The opening handshake, on both sides.
enum UpgradeTargets {
  static let all = [
    FuzzTarget("upgrade-request", maximumBytes: 1024, run: request),
    FuzzTarget("upgrade-answer", maximumBytes: 512, start: answer),
  ]

  /// Small, so that short inputs reach them.
  private static let limits: HeadLimits = {
    var limits = HeadLimits()
    limits.maximumHeadBytes = 900
    limits.maximumURIBytes = 200
    limits.maximumHeaders = 20
    return limits
  }()

  /// A server's: a request is refused or accepted, and what is answered is one HTTP head whatever the request put in.
  private static func request(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let (cuts, choice) = (input.byte(), input.byte())
    guard let head = try gather(input.bytes, cuts) else { return }
    let reply: ByteBuffer
    var bodyBytes = 0
    do throws(Refusal) {
      let request = try UpgradeRequest(head, limits: limits, origin: ConnectionOrigin(), isTLS: false)
      _ = request.query["user"]
      let checked = try ServerHandshake.check(
        request, origins: choice & 4 == 0 ? .sameHost : .any, deflate: deflate(choice))
      reply = try ServerHandshake.response(
        checked, request, subprotocol: request.subprotocols.first, headers: [("Server", "weir")])
    } catch {
      reply = ServerHandshake.response(error)
      bodyBytes = error.body.utf8.count
    }
    try isWhole(reply, bodyBytes: bodyBytes)
  }

  /// A client's: an answer is refused or accepted; what was not offered is never accepted.
  private static let answer: @Sendable () throws -> FuzzTarget.Run = {
    let offers = try (0..<4).map { choice in
      try ClientHandshake(
        WebSocketTarget(host: "h", port: 80), headers: [], subprotocols: ["weir.v1", "weir.v1.json"],
        deflate: choice == 3 ? nil : deflate(UInt8(choice)), key: "dGhlIHNhbXBsZSBub25jZQ==")
    }
    return { bytes in
      var input = FuzzInput(bytes)
      let (cuts, choice) = (input.byte(), input.choice(4))
      guard let head = try gather(input.bytes, cuts),
        case .upgraded(let subprotocol, let agreed) = try? offers[choice].check(head, limits: limits)
      else { return }
      try promise(subprotocol.map { ["weir.v1", "weir.v1.json"].contains($0) } ?? true, "only what was offered")
      try promise(choice != 3 || agreed == nil, "no compression that was not offered")
      if let agreed {
        try promise((8...15).contains(agreed.serverMaxWindowBits), "a window is one of zlib's")
        try promise(
          agreed.clientMaxWindowBits <= deflate(UInt8(choice)).windowBits, "our window is no larger than offered")
      }
    }
  }

  private static func deflate(_ choice: UInt8) -> DeflateConfiguration {
    var deflate = DeflateConfiguration()
    if choice & 1 != 0 { deflate.contextTakeover = .allowed }
    if choice & 2 != 0 { (deflate.windowBits, deflate.peerWindowBits) = (10, 9) }
    return deflate
  }

  /// Reads the head whole and cut: the same bytes must be the head. Returns it.
  private static func gather(_ bytes: [UInt8], _ cuts: UInt8) throws -> [UInt8]? {
    var whole = HeadGatherer(limits)
    let outcome = whole.append(ByteBuffer(bytes: bytes))
    var gatherer = HeadGatherer(limits)
    var progress = HeadGatherer.Progress.needsMore
    for piece in bytes.pieces(cuts) {
      progress = gatherer.append(ByteBuffer(bytes: piece))
      if progress != .needsMore { break }
    }
    if case .complete = progress { try promise(progress == outcome, "a head ends where it ends") }
    guard case .complete(let count) = outcome else { return nil }
    return Array(bytes.prefix(count))
  }

  /// One head, one body of so many bytes, and nothing that a second answer could be made of.
  private static func isWhole(_ reply: ByteBuffer, bodyBytes: Int) throws {
    let bytes = Array(reply.readableBytesView)
    var gatherer = HeadGatherer(HeadLimits())
    let progress = gatherer.append(reply)
    try promise(progress == .complete(headBytes: bytes.count - bodyBytes), "an answer is one head and its body")
    let head = try? MessageHead(Array(bytes.prefix(bytes.count - bodyBytes)), maximumHeaders: 100)
    try promise(head != nil, "the head of an answer follows the grammar")
  }
}

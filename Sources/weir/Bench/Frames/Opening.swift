/// The upgrade of one connection (RFC 6455 §4.1): the request's bytes, and the reply as it comes.
struct Opening {
  /// What permessage-deflate is offered.
  enum Deflate: Equatable {
    case none
    /// Neither side keeps its context.
    case noTakeover
    /// The server may keep its context; this side does not.
    case takeover
  }

  enum Progress {
    case more
    /// So many bytes of the last piece belonged to the reply.
    case done(Int)
    case refused(String)
  }

  /// The key of RFC 6455 §1.3 and its answer: the same for all, since only the server's work is measured.
  private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  private static let accept = "s3pplmbitxaq9kygzzhzrbk+xoo="
  private static let maximumHeadBytes = 16 << 10

  /// Empty: the connection is bare.
  let request: [UInt8]
  private let deflate: Deflate
  private var head: [UInt8] = []

  /// A connection without any protocol.
  static let bare = Opening(request: [], deflate: .none)

  private init(request: [UInt8], deflate: Deflate) {
    self.request = request
    self.deflate = deflate
  }

  init(_ target: Target, path: String? = nil, subprotocol: String? = nil, deflate: Deflate = .none) {
    var text =
      "GET \(path ?? target.path) HTTP/1.1\r\nHost: \(target.authority)\r\nUpgrade: websocket\r\n"
      + "Connection: Upgrade\r\nSec-WebSocket-Key: \(Self.key)\r\nSec-WebSocket-Version: 13\r\n"
    if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
    switch deflate {
    case .none: break
    case .noTakeover:
      text +=
        "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n"
    case .takeover:
      text += "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n"
    }
    self.init(request: target.scheme == .webSocket ? Array((text + "\r\n").utf8) : [], deflate: deflate)
  }

  /// Takes a piece of the reply.
  mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Progress {
    for (index, byte) in bytes.enumerated() {
      head.append(byte)
      if byte == 0x0A, head.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) { return judge(consumed: index + 1) }
      if head.count > Self.maximumHeadBytes { return .refused("the server's reply has no end") }
    }
    return .more
  }

  private mutating func judge(consumed: Int) -> Progress {
    let reply = String(decoding: head, as: UTF8.self)
    head = []
    let lower = reply.lowercased()
    guard reply.hasPrefix("HTTP/1.1 101") else {
      return .refused("the server said \"\(reply.prefix { !$0.isNewline })\"")
    }
    guard lower.contains("sec-websocket-accept: " + Self.accept) else {
      return .refused("the server's Sec-WebSocket-Accept is wrong")
    }
    let agreed = lower.contains("permessage-deflate")
    if deflate != .none, !agreed { return .refused("the server did not agree to permessage-deflate") }
    return .done(consumed)
  }
}

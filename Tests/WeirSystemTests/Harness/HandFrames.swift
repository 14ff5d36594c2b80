/// A WebSocket client of a few lines that shares nothing with the layer under test: no compression, no limits, and
/// frames may be as wrong as a test wants them.
struct HandFrames: Sendable {
  let connection: RawConnection
  private let position: Watched<Int>

  /// Opens a connection, and runs `body` with it.
  static func with<Result>(
    _ server: ServerProcess, path: String = "/", subprotocol: String = "weir.v1", extensions: String? = nil,
    _ body: (HandFrames) async throws -> Result
  ) async throws -> Result {
    try await RawConnection.with(port: server.port) { connection in
      var head = request(path: path, port: server.port)
      head += "Sec-WebSocket-Protocol: \(subprotocol)\r\n"
      if let extensions { head += "Sec-WebSocket-Extensions: \(extensions)\r\n" }
      connection.send(head + "\r\n")
      let (reply, end) = try await connection.state.first("the answer to the upgrade") { state in
        HTTPReply(state.received).map { ($0, state.received.count - $0.rest.count) }
      }
      guard reply.status == 101 else {
        throw HTTPReply.Unexpected(what: "the upgrade was answered with \(reply.status): \(reply.body)")
      }
      return try await body(HandFrames(connection: connection, position: Watched(end)))
    }
  }

  /// A good request, without its last empty line.
  static func request(path: String = "/", port: Int) -> String {
    "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
  }

  /// A frame as a client makes it (RFC 6455 section 5.2), with a mask of zeros or without.
  static func frame(
    _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, reserved: UInt8 = 0, masked: Bool = true
  ) -> [UInt8] {
    var bytes = [(fin ? 0x80 : 0) | reserved | opcode]
    let mask: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ...125: bytes.append(mask | UInt8(payload.count))
    case ...0xFFFF: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    return bytes + (masked ? [0, 0, 0, 0] : []) + payload
  }

  func send(text: String) { connection.send(Self.frame(1, Array(text.utf8))) }

  /// The server's next frame. Servers mask nothing.
  func next(within limit: Duration = .seconds(20)) async throws -> (opcode: UInt8, payload: [UInt8]) {
    let start = position.value
    let frame = try await connection.state.first("the next frame", within: limit) { state in
      Self.parse(state.received[start...]).map { Swift.Result<_, HTTPReply.Unexpected>.success($0) }
        ?? (state.isClosed ? .failure(HTTPReply.Unexpected(what: "the connection ended")) : nil)
    }.get()
    position.update { $0 += frame.size }
    return (frame.opcode, frame.payload)
  }

  /// The code in the server's Close frame; nil: it ended the connection without one.
  func closeCode(within limit: Duration = .seconds(20)) async throws -> UInt16? {
    while true {
      let frame: (opcode: UInt8, payload: [UInt8])
      do {
        frame = try await next(within: limit)
      } catch is HTTPReply.Unexpected {
        return nil
      }
      if frame.opcode == 8 {
        return frame.payload.count < 2 ? 1005 : UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1])
      }
    }
  }

  private struct Frame: Sendable {
    let opcode: UInt8
    let payload: [UInt8]
    let size: Int
  }

  private static func parse(_ bytes: ArraySlice<UInt8>) -> Frame? {
    let all = Array(bytes)
    guard all.count >= 2 else { return nil }
    let short = Int(all[1] & 0x7F)
    let extra = short == 126 ? 2 : short == 127 ? 8 : 0
    guard all.count >= 2 + extra else { return nil }
    let count = extra == 0 ? short : all[2..<2 + extra].reduce(0) { $0 << 8 | Int($1) }
    guard all.count >= 2 + extra + count else { return nil }
    let end = 2 + extra + count
    return Frame(opcode: all[0] & 0x0F, payload: Array(all[2 + extra..<end]), size: end)
  }
}

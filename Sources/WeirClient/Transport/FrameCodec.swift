package import NIOCore
package import WebSocket
package import WeirWire

/// Frames as WebSocket messages, in the format that was agreed on.
package struct FrameCodec: Sendable {
  private let format: WeirClientConfiguration.Format

  package init(_ format: WeirClientConfiguration.Format) {
    self.format = format
  }

  /// The codec of a subprotocol; nil if it is none of ours.
  package init?(subprotocol: String?) {
    guard let format = WeirClientConfiguration.Format.allCases.first(where: { $0.subprotocol == subprotocol }) else {
      return nil
    }
    self.init(format)
  }

  /// Sends one frame. Leaves with the connection's next flush.
  package func send(_ frame: ClientFrame, on connection: WebSocketConnection) {
    switch format {
    case .binary: connection.send(.binary, size: frame.encodedSize) { frame.encode(into: &$0) }
    case .json:
      var text = ByteBuffer()
      WireJSON.encode(frame, into: &text)
      connection.send(.text, text)
    }
  }

  /// Reads one message. Throws if it is not what the subprotocol allows.
  package func decode(_ kind: MessageKind, _ payload: ByteBuffer) throws(WeirClientError) -> ServerFrame {
    do throws(WireError) {
      switch (format, kind) {
      case (.binary, .binary): return try ServerFrame.decode(payload)
      case (.json, .text): return try WireJSON.decode(ServerFrame.self, from: payload)
      case (.binary, .text), (.json, .binary): break
      }
    } catch {
      throw WeirClientError(code: .protocolViolation, message: "The server sent a broken frame. \(error)")
    }
    throw WeirClientError(
      code: .protocolViolation,
      message: "The server sent a \(kind) message where \(format.subprotocol) has only "
        + "\(format == .binary ? "binary" : "text"); is it a Weir server?")
  }
}

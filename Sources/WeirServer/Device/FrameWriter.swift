import NIOCore
import WebSocket
import WeirCore
import WeirWire

/// Puts frames on a WebSocket in the device's codec, straight into the connection's out buffer where sizes are known.
enum FrameWriter {
  /// Returns the size of the message.
  @discardableResult
  static func write(_ frame: ServerFrame, to webSocket: WebSocketConnection, _ codec: FrameCodec) -> Int {
    switch codec {
    case .json:
      var text = ByteBufferAllocator().buffer(capacity: 256)
      WireJSON.encode(frame, into: &text)
      webSocket.send(.text, text)
      return text.readableBytes
    case .binary, .undecided:
      let size = frame.encodedSize
      webSocket.send(.binary, size: size) { frame.encode(into: &$0) }
      return size
    }
  }

  /// Returns the size of the message.
  static func writeDelta(
    turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer, to webSocket: WebSocketConnection,
    _ codec: FrameCodec
  ) -> Int {
    switch codec {
    case .json:
      var buffer = ByteBufferAllocator().buffer(capacity: text.count + 96)
      DeltaFrame.encodeJSON(
        turnID: turnID, offset: offset, text: text, kind: part.kind, toolCallID: part.toolCallID,
        toolName: part.toolName, into: &buffer)
      webSocket.send(.text, buffer)
      return buffer.readableBytes
    case .binary, .undecided:
      let size = DeltaFrame.encodedSize(
        turnID: turnID, offset: offset, textBytes: text.count, kind: part.kind, toolCallID: part.toolCallID,
        toolName: part.toolName)
      webSocket.send(.binary, size: size) {
        DeltaFrame.encode(
          turnID: turnID, offset: offset, text: text, kind: part.kind, toolCallID: part.toolCallID,
          toolName: part.toolName, into: &$0)
      }
      return size
    }
  }

  /// The message that a frame is, for a connection on another event loop.
  static func message(_ frame: ServerFrame, _ codec: FrameCodec) -> OutgoingMessage {
    var payload = ByteBuffer()
    switch codec {
    case .json:
      WireJSON.encode(frame, into: &payload)
      return OutgoingMessage(kind: .text, payload: payload)
    case .binary, .undecided:
      payload.reserveCapacity(frame.encodedSize)
      frame.encode(into: &payload)
      return OutgoingMessage(kind: .binary, payload: payload)
    }
  }

  /// The message that a Delta is, for a connection on another event loop.
  static func deltaMessage(
    turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer, _ codec: FrameCodec
  ) -> OutgoingMessage {
    var payload = ByteBuffer()
    switch codec {
    case .json:
      DeltaFrame.encodeJSON(
        turnID: turnID, offset: offset, text: text, kind: part.kind, toolCallID: part.toolCallID,
        toolName: part.toolName, into: &payload)
      return OutgoingMessage(kind: .text, payload: payload)
    case .binary, .undecided:
      payload.reserveCapacity(
        DeltaFrame.encodedSize(
          turnID: turnID, offset: offset, textBytes: text.count, kind: part.kind, toolCallID: part.toolCallID,
          toolName: part.toolName))
      DeltaFrame.encode(
        turnID: turnID, offset: offset, text: text, kind: part.kind, toolCallID: part.toolCallID,
        toolName: part.toolName, into: &payload)
      return OutgoingMessage(kind: .binary, payload: payload)
    }
  }
}

/// A WebSocket message on its way to another event loop.
struct OutgoingMessage: Sendable {
  var kind: MessageKind
  var payload: ByteBuffer
}

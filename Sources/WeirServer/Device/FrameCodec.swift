import NIOCore
import WebSocket
import WeirCore
import WeirWire

/// How a device's frames look on the wire: `weir.v1` (protobuf in binary messages) or `weir.v1.json` (JSON in text
/// messages). A device that named no subprotocol chooses with its first message.
enum FrameCodec: Sendable {
  case undecided
  case binary
  case json

  static let binaryName = "weir.v1"
  static let jsonName = "weir.v1.json"

  /// The one to speak of those that a client offers, the client's favourite first; nil: none is spoken here.
  static func subprotocol(among offered: [String]) -> String? {
    offered.first { $0 == binaryName || $0 == jsonName }
  }

  init(subprotocol: String?) {
    switch subprotocol {
    case Self.binaryName: self = .binary
    case Self.jsonName: self = .json
    default: self = .undecided
    }
  }

  /// Why a message is not a frame.
  enum Refusal: Error {
    /// Text where binary was agreed, or the other way round.
    case wrongKind
    /// It does not follow the schema.
    case malformed(WireError)
  }

  /// The frame in a message from the device.
  mutating func decode(_ kind: MessageKind, _ payload: ByteBuffer) throws(Refusal) -> ClientFrame {
    if case .undecided = self { self = kind == .text ? .json : .binary }
    do throws(WireError) {
      switch (self, kind) {
      case (.json, .text): return try WireJSON.decode(ClientFrame.self, from: payload)
      case (.binary, .binary): return try ClientFrame.decode(payload)
      default: break
      }
    } catch {
      throw .malformed(error)
    }
    throw .wrongKind
  }
}

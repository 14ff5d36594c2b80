import NIOCore
import SwiftProtobuf
import WeirWire

extension Case {
  /// Frames to bytes and back; each also by swift-protobuf, from the same schema.
  static let wire: [Case] = [
    Case(name: "delta-encode", operation: "a Delta of 24 bytes as a binary frame") {
      let text = Array("twenty-four bytes of it.".utf8)
      var out = ByteBuffer()
      return { count in
        for index in 0..<count {
          out.clear()
          text.withUnsafeBytes { DeltaFrame.encode(turnID: 12, offset: UInt64(index), text: $0, into: &out) }
        }
        keep(out)
      }
    },
    Case(name: "delta-encode-json", operation: "the same as JSON") {
      let text = Array("twenty-four bytes of it.".utf8)
      var out = ByteBuffer()
      return { count in
        for index in 0..<count {
          out.clear()
          text.withUnsafeBytes { DeltaFrame.encodeJSON(turnID: 12, offset: UInt64(index), text: $0, into: &out) }
        }
        keep(out)
      }
    },
    Case(name: "delta-encode-protobuf", operation: "the same by swift-protobuf") {
      var frame = Weir_V1_ServerFrame()
      frame.delta.turnID = 12
      frame.delta.text = "twenty-four bytes of it."
      return { count in
        for index in 0..<count {
          frame.delta.offset = UInt64(index)
          let bytes: [UInt8]? = try? frame.serializedBytes()
          keep(bytes)
        }
      }
    },
    Case(name: "send-decode", operation: "a SendMessage of 120 bytes from a binary frame") {
      let bytes = encodedSend
      return { count in
        for _ in 0..<count { keep(try? ClientFrame.decode(bytes)) }
      }
    },
    Case(name: "send-decode-protobuf", operation: "the same by swift-protobuf") {
      let bytes = Array(encodedSend.readableBytesView)
      return { count in
        for _ in 0..<count { keep(try? Weir_V1_ClientFrame(serializedBytes: bytes)) }
      }
    },
    Case(name: "ack-encode", operation: "an Ack as a binary frame") {
      let frame = ServerFrame(requestID: 7, frame: .ack(ack))
      var out = ByteBuffer()
      return { count in
        for _ in 0..<count {
          out.clear()
          frame.encode(into: &out)
        }
        keep(out)
      }
    },
    Case(name: "ack-encode-protobuf", operation: "the same by swift-protobuf") {
      var buffer = ByteBuffer()
      ServerFrame(requestID: 7, frame: .ack(ack)).encode(into: &buffer)
      let frame = try Weir_V1_ServerFrame(serializedBytes: Array(buffer.readableBytesView))
      return { count in
        for _ in 0..<count {
          let bytes: [UInt8]? = try? frame.serializedBytes()
          keep(bytes)
        }
      }
    },
  ]

  private static let ack = Ack(
    clientMessageID: "0192a5c4", level: .durable, conversationID: "c-20261121", sequence: 41, turnID: 21, revision: 41)

  private static let encodedSend: ByteBuffer = {
    let send = SendMessage(
      conversationID: "c-20261121", clientMessageID: "0192a5c4",
      parts: [Part(part: .text(String(repeating: "Tell me of rivers. ", count: 7).prefix(120).description))],
      acks: [.durable])
    var buffer = ByteBuffer()
    ClientFrame(requestID: 7, frame: .sendMessage(send)).encode(into: &buffer)
    return buffer
  }()
}

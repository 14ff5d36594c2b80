import Glibc
import NIOCore
import WeirWire

/// What Weir devices send, ready for the wire, and how they read what they get.
enum DeviceFrames {
  /// Tells the users of this run from those of other runs, whose conversations the server still has.
  static let run = String(UInt64(getpid()) << 32 | Monotonic.now() >> 20 & 0xFFFF_FFFF, radix: 36)

  static let hello = masked(ClientFrame(requestID: 1, frame: .hello(Hello(version: 1, agent: "weir-bench"))))

  /// A user message. The server makes the conversation if none is named.
  static func message(_ text: String, id: String, conversation: String = "") -> [UInt8] {
    let send = SendMessage(
      conversationID: conversation, clientMessageID: id, parts: [Part(part: .text(text))], acks: [.durable])
    return masked(ClientFrame(requestID: 2, frame: .sendMessage(send)))
  }

  /// Says Hello and goes on with an answer.
  static func resume(turn: UInt64, offset: UInt64) -> [UInt8] {
    let hello = Hello(version: 1, agent: "weir-bench", resume: [SubscribeTurn(turnID: turn, offset: offset)])
    return masked(ClientFrame(requestID: 1, frame: .hello(hello)))
  }

  /// Asks for a conversation's newest messages.
  static func history(of conversation: String, limit: UInt32, requestID: UInt64 = 3) -> [UInt8] {
    let question = GetHistory(conversationID: conversation, limit: limit)
    return masked(ClientFrame(requestID: requestID, frame: .getHistory(question)))
  }

  /// The frame in a message; nil if it is none.
  static func decode(_ payload: UnsafeRawBufferPointer) -> ServerFrame? {
    try? ServerFrame.decode(ByteBuffer(bytes: payload))
  }

  private static func masked(_ frame: ClientFrame) -> [UInt8] {
    var buffer = ByteBuffer()
    frame.encode(into: &buffer)
    return MaskedFrame.bytes(opcode: 0x2, Array(buffer.readableBytesView))
  }
}

extension Opening {
  /// A Weir device of a user of its own.
  static func device(_ target: Target, number: Int) -> Opening {
    Opening(
      target, path: target.path(adding: "user", "bench-\(DeviceFrames.run)-\(number)"), subprotocol: "weir.v1")
  }
}

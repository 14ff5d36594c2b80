import ArgumentParser

/// How a question is put to what is measured, and how its answer comes.
enum ChatSpeech: String, ExpressibleByArgument {
  /// Weir's own frames.
  case weir
  /// A WebSocket whose text messages are the question and then the answer, piece by piece.
  case text
  /// OpenAI's API: one POST, and server-sent events.
  case events

  var isEvents: Bool { self == .events }

  func opening(_ target: Target, number: Int) -> Opening {
    switch self {
    case .weir: .device(target, number: number)
    case .text: Opening(target)
    case .events: .bare
    }
  }

  /// The bytes that ask. `id` is the message's, where it can have one.
  func question(_ text: String, id: String) -> [UInt8] {
    switch self {
    case .weir: return DeviceFrames.message(text, id: id)
    case .text: return MaskedFrame.bytes(opcode: 0x1, Array(text.utf8))
    case .events:
      let body = #"{"model":"mock","stream":true,"messages":[{"role":"user","content":\#(JSONLine.quoted(text))}]}"#
      let head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-bench\r\n"
        + "Content-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
      return Array((head + body).utf8)
    }
  }
}

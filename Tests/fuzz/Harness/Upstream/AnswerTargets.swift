import WeirCore
import WeirWire

@testable import WeirUpstream

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// Providers' answers in each of their languages: cut anywhere, the same is said.
enum AnswerTargets {
  static let all = [
    FuzzTarget("answer-openai", maximumBytes: 1024, run: { try run(.chatCompletions, $0) }),
    FuzzTarget("answer-anthropic", maximumBytes: 1024, run: { try run(.messages, $0) }),
    FuzzTarget("answer-responses", maximumBytes: 1024, run: { try run(.responses, $0) }),
  ]

  private struct Said: Equatable {
    var action = CallAction.none
    var output = AnswerOutput()
  }

  private static let endpoint: EndpointConfiguration = {
    var endpoint = EndpointConfiguration(name: "m", kind: .openAI(baseURL: "http://h", key: nil))
    endpoint.maximumAnswerBytes = 200
    endpoint.maximumEventBytes = 600
    return endpoint
  }()

  private static func run(_ dialect: Dialect, _ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let (cuts, choice) = (input.byte(), input.byte())
    let bytes = input.bytes
    let whole = try answer(dialect, [bytes[...]], choice)
    let cut = try answer(dialect, bytes.pieces(cuts), choice)
    try promise(whole == cut, "cut anywhere, the same is said: \(whole) and \(cut)")
  }

  private static func answer(_ dialect: Dialect, _ pieces: [ArraySlice<UInt8>], _ choice: UInt8) throws -> Said {
    let head = ResponseHead(status: choice & 7 == 7 ? 429 : 200)
    var call = ChatCall(
      endpoint: endpoint, dialect: dialect, hidesReasoning: choice & 8 != 0,
      repeated: choice & 16 != 0 ? Array(" \n".utf8) : [], now: .zero)
    var said = Said()
    for piece in pieces where said.action == .none {
      said.action = call.received(piece.span, head: head, now: .zero, output: &said.output)
    }
    if said.action == .none {
      let end = choice & 32 == 0 ? ChatCall.TransferEnd.complete : .broken(CallFailure(endpoint: "m").saidNothing)
      said.action = call.transferEnded(end, head: head, now: .zero, output: &said.output)
      try promise(said.action != .none, "every call ends")
    }
    try isSound(said.output)
    try promise(call.answerBytes >= said.output.text.count, "every byte told is counted")
    return said
  }

  private static func isSound(_ output: AnswerOutput) throws {
    let text = output.text
    try promise((try? UTF8Span(validating: text.span)) != nil, "what is told is whole characters")
    // A part that ends inside a character ends with U+FFFD in its place, beyond the limit if need be.
    let room = endpoint.maximumAnswerBytes + 3 * (output.marks.count + 1)
    try promise(text.count <= room, "no answer is over the limit: \(text.count)")
    var previous = 0
    for mark in output.marks {
      try promise(previous <= mark.offset && mark.offset <= text.count, "marks are in order")
      let isInside = mark.offset < text.count && text[mark.offset] & 0xC0 == 0x80
      try promise(!isInside, "a part begins with a whole character")
      previous = mark.offset
    }
  }
}

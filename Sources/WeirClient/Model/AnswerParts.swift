/// An answer put together from the events of its turn.
///
/// ```swift
/// var answer = AnswerParts()
/// for await event in stream { answer.add(event) }
/// let results = answer.toolCalls.map { ChatToolResult(callID: $0.id, text: run($0)) }
/// ```
public struct AnswerParts: Sendable, Equatable {
  private enum Kind: Equatable {
    case text
    case reasoning
    case toolCall(BegunToolCall)
  }

  /// A part that may still grow; its text is appended to in place.
  private struct Growing: Sendable, Equatable {
    let kind: Kind
    var text: String
  }

  private var growing: [Growing] = []

  /// Creates an answer of which nothing has come.
  public init() {}

  /// Takes the next event; what is no piece of an answer changes nothing.
  public mutating func add(_ event: TurnEvent) {
    switch event {
    case .text(let piece): grow(.text, by: piece)
    case .reasoning(let piece): grow(.reasoning, by: piece)
    case .toolCall(let call): growing.append(Growing(kind: .toolCall(call), text: ""))
    case .toolArguments(let piece):
      // Arguments of a call that began before this was asked for: nobody could answer it.
      guard case .toolCall = growing.last?.kind else { return }
      growing[growing.count - 1].text += piece
    case .acked, .queued, .started, .seam, .finished, .failed: break
    }
  }

  private mutating func grow(_ kind: Kind, by piece: String) {
    if growing.last?.kind == kind {
      growing[growing.count - 1].text += piece
    } else {
      growing.append(Growing(kind: kind, text: piece))
    }
  }

  /// What has come so far, in order.
  public var parts: [ChatPart] {
    growing.map { part in
      switch part.kind {
      case .text: .text(part.text)
      case .reasoning: .reasoning(part.text)
      case .toolCall(let call): .toolCall(ChatToolCall(id: call.id, name: call.name, arguments: part.text))
      }
    }
  }

  /// What the model says: the text parts, joined.
  public var text: String { parts.joinedText }

  /// The tools that the model asks for.
  public var toolCalls: [ChatToolCall] {
    parts.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
  }
}

internal import WeirCore
internal import WeirWire

/// One call on the upstream thread, from its submission until its shard knows the end.
final class UpstreamCall {
  let callID: CallID
  let shard: Int
  /// As users name it.
  let model: String
  /// Kept while another attempt may be made.
  private(set) var request: UpstreamRequest?
  /// Its shard has been told that a provider answers.
  var isStarted = false
  /// Why the last attempt failed.
  var lastError: WeirError?
  /// For an answer that may go on elsewhere: its plain text so far, and whether that is all there is to go on with.
  private var spoken: [UInt8] = []
  private var isPlain = true
  private var isWithoutTools = true

  init(_ request: UpstreamRequest, model: String) {
    callID = request.callID
    shard = request.shard
    self.model = model
    self.request = request
  }

  /// Whether what has come of the answer can be handed to another endpoint.
  var isResumable: Bool { request?.mayResumeElsewhere == true && isPlain && isWithoutTools && !spoken.isEmpty }

  /// Something of the answer goes to the shard. The prompt is let go of if no other attempt can need it.
  func tells(_ output: AnswerOutput, from start: Int) {
    guard request?.mayResumeElsewhere == true else {
      request = nil
      return
    }
    var told = start
    for mark in output.marks {
      if isPlain { spoken += output.text[told..<mark.offset] }
      told = mark.offset
      if case .part(let part) = mark.kind {
        isPlain = part.kind == .text
        if part.kind == .toolCall { isWithoutTools = false }
      }
    }
    if isPlain { spoken += output.text[told...] }
  }

  /// The request for an endpoint that is to go on with what has come.
  var continuation: UpstreamRequest? {
    guard var request, isResumable else { return request }
    let text = String(decoding: spoken, as: UTF8.self)
    if let last = request.messages.indices.last, request.messages[last].role == .assistant {
      request.messages[last].text += text
    } else {
      request.messages.append(PromptMessage(role: .assistant, text: text))
    }
    return request
  }
}

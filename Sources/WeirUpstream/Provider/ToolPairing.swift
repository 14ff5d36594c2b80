internal import WeirCore
internal import WeirWire

/// Providers refuse a prompt whose calls of tools and their results do not match, and a conversation in which that once
/// happens (a person writes on in place of the tool, old messages leave the context) would be refused for ever.
enum ToolPairing {
  private static let noResult = "There is no result: the call was not carried out."

  /// The messages, with the results of each call right behind it, and without results of calls that are not there.
  static func paired(_ messages: [PromptMessage]) -> [PromptMessage] {
    guard messages.contains(where: { $0.role == .tool || !$0.toolCalls.isEmpty }) else { return messages }
    var paired: [PromptMessage] = []
    var open: [String] = []
    var strays: [PromptMessage] = []
    func close() {
      for id in open { paired.append(result(of: id)) }
      open = []
      paired += strays
      strays = []
    }
    for message in messages {
      if message.role == .tool {
        if let place = open.firstIndex(of: message.toolCallID) {
          open.remove(at: place)
          paired.append(message)
        } else {
          strays.append(PromptMessage(role: .user, text: "A tool gave this result: " + message.text))
        }
      } else {
        close()
        paired.append(message)
        if message.role == .assistant { open = message.toolCalls.map(\.id) }
      }
    }
    close()
    return paired
  }

  private static func result(of id: String) -> PromptMessage {
    var message = PromptMessage(role: .tool, text: noResult)
    message.toolCallID = id
    return message
  }
}

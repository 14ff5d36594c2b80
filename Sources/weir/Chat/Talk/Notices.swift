import WeirClient

/// Says on stderr what happens on the connection.
struct Notices: Sendable {
  let console: Console
  let json: Bool

  /// Shows every event until the client stops.
  func show(_ events: ClientEvents) async {
    for await event in events { show(event) }
  }

  /// Shows one event, if it is about the connection.
  func show(_ event: ClientEvent) {
    if json {
      if let line = event.json { console.raw(line.text + "\n") }
      return
    }
    switch event {
    case .connected(_, isReconnect: true): console.note("Connected again.")
    case .disconnected(let error, let delay):
      console.note("\(error.message) Trying again in \(delay.forPeople).")
    case .goodbye(let message): console.note("The server says goodbye: \(message)")
    case .refused(let error): console.note(error.sentences)
    case .missed(let count): console.note("\(count) pieces of news were missed; /history shows the conversation.")
    case .connected, .stopped, .messageAdded, .conversationChanged, .conversationDeleted, .turnStarted: break
    }
  }
}

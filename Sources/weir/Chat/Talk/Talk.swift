import WeirClient

/// A person's conversation with the server: carries out what `ChatLoop` decides.
actor Talk {
  private let console: Console
  private let client: WeirClient
  private let options: TalkOptions
  private let turns: TurnOptions
  private let style: TurnPrinter.Style
  private let clock = Stopwatch()
  private let inputs = Mailbox<ChatLoop.Input>()
  private let lines: any LineSource
  /// Empty: the next message makes one.
  private var conversationID = ""
  private var current: TurnStream?
  private var answerScreen: AnswerScreen?
  private var unfoldsThoughts = false
  /// The client ids of what was said here: what comes with another one was said elsewhere.
  private var own: Set<String> = []
  /// The conversation that was told of the tools: the server keeps them for it.
  private var toolsOfferedIn: String?
  private var toolCalls = OpenToolCalls()

  /// Messages shown when a conversation is taken up again.
  private static let shownAtStart = 6

  init(
    console: Console, client: WeirClient, options: TalkOptions, turns: TurnOptions, style: TurnPrinter.Style,
    lines: any LineSource
  ) {
    self.console = console
    self.client = client
    self.options = options
    self.turns = turns
    self.style = style
    self.lines = lines
  }

  /// Connects and talks until the person leaves.
  func run() async -> ExitStatus {
    do throws(WeirClientError) {
      let events = await client.events()
      let info = try await client.connect()
      let watcher = Task { await watch(events) }
      defer { watcher.cancel() }
      let running = try await begin(info)
      let interrupts = Interrupts { [inputs] in inputs.put(.interrupt) }
      defer { withExtendedLifetime(interrupts) {} }
      lines.start()
      defer { lines.stop() }
      return await talk(running: running)
    } catch {
      report(error)
      return ExitStatus(error)
    }
  }

  private func talk(running: ChatTurn?) async -> ExitStatus {
    var loop = ChatLoop(isTerminal: console.inputIsTerminal)
    var effects = loop.begin()
    if let running {
      effects += loop.handle(.answerElsewhere(turnID: running.id, note: "An answer is being written:"))
    }
    while true {
      for effect in effects {
        if case .leave(let status) = effect { return status }
        await perform(effect)
      }
      guard let input = await inputs.next() else { return .interrupted }
      // Ctrl-C at a line that was begun throws that away first.
      if input == .interrupt, loop.isIdle, lines.discard() {
        effects = []
        continue
      }
      effects = loop.handle(input)
    }
  }

  private func perform(_ effect: ChatLoop.Effect) async {
    switch effect {
    case .read:
      Task { [lines, inputs] in
        switch await lines.next() {
        case .text(let line): inputs.put(.line(line))
        case .tooLong: inputs.put(.lineTooLong)
        case .end: inputs.put(.endOfInput)
        }
      }
    case .prompt: lines.show()
    case .echo(let line): lines.echo(line)
    case .toggleThoughts: toggleThoughts()
    case .note(let text): console.note(text)
    case .stop: if let current { await client.stop(current) }
    case .run(let command): Task { inputs.put(.done(await carryOut(command))) }
    case .follow(let turnID): Task { inputs.put(.done(await show(client.follow(turn: turnID)))) }
    case .leave: break
    }
  }

  // MARK: Commands

  private func carryOut(_ command: ChatCommand) async -> ExitStatus {
    do throws(WeirClientError) {
      switch command {
      case .message(let text): return await say(text)
      case .continueAnswer:
        guard hasConversation() else { return .answerFailed }
        return await show(client.continueTurn(in: conversationID))
      case .retry:
        guard hasConversation() else { return .answerFailed }
        return await show(client.regenerate(in: conversationID, model: options.model))
      case .result(let text): return await answerToolCall(text)
      case .usage: show(try await client.usage())
      case .new(let title): try await open(nil, title: title)
      case .open(let id):
        try await open(id, title: "")
        try await takeUp()
      case .list: try await list()
      case .rename(let title):
        guard hasConversation() else { return .answerFailed }
        let changed = try await client.rename(conversationID, to: title)
        console.note("This conversation is now \"\(changed.title)\".")
      case .delete(let id): try await delete(id ?? conversationID)
      case .history(let count): try await showHistory(count)
      case .help, .stop, .thinking, .quit, .blank, .wrong: break
      }
      return .success
    } catch {
      report(error)
      return ExitStatus(error)
    }
  }

  private func say(_ text: String) async -> ExitStatus {
    let id = newMessageID()
    return await show(
      client.send(
        text, to: conversationID, clientMessageID: id, onConflict: options.onConflict, model: options.model,
        options: optionsOfNextTurn))
  }

  /// The model goes on when it has the results of all its calls.
  private func answerToolCall(_ text: String) async -> ExitStatus {
    let before = toolCalls
    switch toolCalls.answer(text, in: conversationID) {
    case .noneOpen:
      console.note("The model asks for no tool.")
      return .answerFailed
    case .next(let call):
      console.note("Now the result of \(call.name) \(call.arguments)")
      return .success
    case .complete(let results):
      // Until the server has the results they can be given again.
      toolCalls = before
      return await show(
        client.sendToolResults(
          results, to: conversationID, clientMessageID: newMessageID(), model: options.model,
          options: optionsOfNextTurn))
    }
  }

  /// What was folded is shown at once, whether it is being thought or was thought last.
  private func toggleThoughts() {
    guard style.markdown else {
      console.note("Thoughts are folded only where answers are shown as Markdown.")
      return
    }
    unfoldsThoughts.toggle()
    console.note(unfoldsThoughts ? "Thoughts are shown." : "Thoughts are folded.")
    if current != nil {
      answerScreen?.toggleThoughts()
    } else if unfoldsThoughts, let last = answerScreen?.lastThoughts, !last.isEmpty {
      console.note(last)
    }
  }

  private func newMessageID() -> String {
    let id = Self.randomID()
    own.insert(id)
    return id
  }

  private var optionsOfNextTurn: TurnOptions {
    var next = turns
    if toolsOfferedIn == conversationID { next.tools = nil }
    return next
  }

  private func show(_ usage: PlanUsage) {
    if style.json {
      console.raw(usage.json.text + "\n")
    } else {
      for line in usage.lines { console.line(line) }
    }
  }

  private func show(_ stream: TurnStream) async -> ExitStatus {
    current = stream
    defer { current = nil }
    var printer = TurnPrinter(console: console, style: style, clock: clock, unfoldsThoughts: unfoldsThoughts)
    answerScreen = printer.answerScreen
    defer { printer.answerScreen?.stop() }
    for await event in stream {
      if case .acked(let acked) = event {
        conversationID = acked.conversationID
        toolsOfferedIn = conversationID
        toolCalls = OpenToolCalls()
      }
      if let status = printer.show(event, at: clock.elapsed) {
        if case .finished = event { toolCalls = OpenToolCalls(printer.toolCalls, in: conversationID) }
        return status
      }
    }
    return .interrupted
  }

  /// Takes up the conversation that the options name. Returns an answer that runs in it.
  private func begin(_ info: ServerInfo) async throws(WeirClientError) -> ChatTurn? {
    if console.inputIsTerminal, !style.json {
      let model = options.model ?? info.models.first ?? "the default model"
      let plan = info.plan.isEmpty ? "" : " (plan \(info.plan))"
      console.note("Connected to \(info.server) as \(info.user)\(plan), talking to \(model). /help lists the commands.")
    }
    var wanted = options.conversation
    if wanted == nil, !options.new, console.inputIsTerminal {
      wanted = try await client.conversations(limit: 1).conversations.first?.id
    }
    guard let wanted else { return nil }
    let turns = try await open(wanted, title: "")
    if console.inputIsTerminal { try await takeUp() }
    return turns.first { $0.state == .running } ?? turns.first
  }

  @discardableResult
  private func open(_ id: String?, title: String) async throws(WeirClientError) -> [ChatTurn] {
    let opened = try await client.open(id, title: title)
    conversationID = opened.conversation.id
    if console.inputIsTerminal, !style.json {
      let name = opened.conversation.title.isEmpty ? "" : " \"\(opened.conversation.title)\""
      console.note("\(opened.isNew ? "New conversation" : "Conversation") \(conversationID)\(name).")
    }
    return opened.turns
  }

  private func list() async throws(WeirClientError) {
    let page = try await client.conversations()
    for conversation in page.conversations {
      if style.json {
        console.raw(conversation.json.text + "\n")
      } else {
        let mark = conversation.id == conversationID ? "*" : " "
        let time = RawOutput.timestamp(conversation.updatedAtMs).prefix(16) + "Z"
        console.line("\(mark) \(conversation.id.padded(to: 32))  \(time)  \(conversation.title)")
      }
    }
    if page.conversations.isEmpty { console.note("There are no conversations yet; say something.") }
    if page.nextCursor != nil { console.note("(The \(page.conversations.count) latest.)") }
  }

  private func delete(_ id: String) async throws(WeirClientError) {
    guard !id.isEmpty else {
      console.note("There is no conversation yet; /delete ID deletes another one.")
      return
    }
    // The news of it comes to this device too, and is no news here.
    let current = conversationID
    if id == current { conversationID = "" }
    do throws(WeirClientError) {
      try await client.delete(id)
    } catch {
      conversationID = current
      throw error
    }
    console.note("Conversation \(id) is deleted.")
  }

  /// Shows the end of the conversation; a tool that its last answer asks for can be answered.
  private func takeUp() async throws(WeirClientError) {
    let last = try await showHistory(Self.shownAtStart).last
    toolCalls = OpenToolCalls(last?.openToolCalls ?? [], in: conversationID)
  }

  @discardableResult
  private func showHistory(_ count: Int) async throws(WeirClientError) -> [ChatMessage] {
    guard hasConversation() else { return [] }
    let page = try await client.history(of: conversationID, limit: count)
    for message in page.messages {
      if style.json {
        console.raw(message.json.text + "\n")
        continue
      }
      if style.markdown, message.role == .assistant, let screen = console.screen {
        var markdown = MarkdownStream(width: screen.size.columns)
        screen.put(screen.painter.paint(markdown.add(message.summary) + markdown.finish()))
      } else {
        console.line(message.summary, .dim)
      }
    }
    return page.messages
  }

  private func hasConversation() -> Bool {
    if conversationID.isEmpty { console.note("There is no conversation yet; say something, or /open ID.") }
    return !conversationID.isEmpty
  }

  // MARK: News

  private func watch(_ events: ClientEvents) async {
    let notices = Notices(console: console, json: style.json)
    for await event in events {
      notices.show(event)
      switch event {
      case .stopped(let error):
        if error.code != .closed { report(error) }
        inputs.put(.clientStopped(ExitStatus(error)))
      case .messageAdded(let id, let message, _):
        guard id == conversationID, message.role == .user, own.remove(message.clientMessageID) == nil,
          console.inputIsTerminal, !style.json
        else { continue }
        console.note("[another device] \(message.text)")
      case .turnStarted(let started) where started.conversationID == conversationID:
        inputs.put(.answerElsewhere(turnID: started.turnID, note: "The answer to another device:"))
      case .conversationDeleted(let id) where id == conversationID:
        conversationID = ""
        console.note("This conversation was deleted; what you say next begins a new one.")
      default: break
      }
    }
  }

  private func report(_ error: WeirClientError) {
    if style.json {
      var line = JSONLine()
      line.add("event", "failed")
      line.add(error)
      console.raw(line.text + "\n")
    } else {
      console.error(error.advice)
    }
  }

  private static func randomID() -> String {
    Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
  }
}

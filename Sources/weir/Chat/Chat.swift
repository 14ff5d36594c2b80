import ArgumentParser
import Foundation
import WebSocket
import WeirClient

/// `weir chat`: talk to a server, ask it once from a script, or look at any WebSocket server frame by frame.
struct Chat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Talk to a Weir server; with --raw, to any WebSocket server.",
    usage: """
      weir chat [URL]                          talk; /help lists the commands
      weir chat [URL] --once TEXT              print one answer and leave
      weir chat --raw URL [-x LINE ...]        speak bare WebSocket
      """,
    discussion: """
      URL is ws://, wss://, http:// or https://, or a bare host:port; ws://127.0.0.1:8080/ if left out. A lost \
      connection is made again by itself, and answers go on where they stopped. When stdin is not a terminal each \
      line is a message and the answers go to stdout.

      Exit status:
      \(ExitStatus.help)

      Commands of --raw, one per line or -x:
      \(RawInput.manual.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      """)

  @Argument(help: "The server.")
  var url = ""

  @OptionGroup(title: "Connection")
  var connection: ConnectionOptions

  @OptionGroup(title: "Conversation")
  var talk: TalkOptions

  @OptionGroup(title: "Bare WebSocket")
  var raw: RawOptions

  mutating func validate() throws {
    if raw.raw {
      if talk.asksForTurns {
        throw ValidationError(
          "--raw speaks to no model: --once, --conversation, --new, --model, --lane, --deadline, --no-cache and "
            + "--tools have no use with it.")
      }
    } else if raw.isUsed {
      throw ValidationError("-H, -s, -x, -w, -t and what goes with them need --raw.")
    }
  }

  func run() async throws {
    let console = Console()
    let status: ExitStatus
    do throws(WeirClientError) {
      status = try await start(console)
    } catch {
      console.error(error.message)
      status = error.code == .invalidArgument ? .noConnection : ExitStatus(error)
    }
    if status != .success { throw ExitCode(status.rawValue) }
  }

  private func start(_ console: Console) async throws(WeirClientError) -> ExitStatus {
    let token = try connection.readToken()
    if raw.raw { return try await rawSession(console, token: token).run() }
    let turns = try talk.turnOptions()
    let client = try WeirClient(clientConfiguration(token: token))
    let style = TurnPrinter.Style(
      json: connection.json, stats: connection.stats, notes: talk.once == nil,
      showsThoughts: console.outputIsTerminal, markdown: console.features.colorsOutput && !talk.plain)
    let lines = talk.once == nil ? lines(console) : LineReader()
    let signals = TerminalSignals(console: console, lines: lines)
    defer { withExtendedLifetime(signals) {} }
    let status: ExitStatus
    if let text = try await onceText() {
      // The row that says what is waited for is not left behind.
      let interrupts = console.features.isLive ? Interrupts { Self.end(console, by: SIGINT) } : nil
      let once = Once(console: console, client: client, options: talk, turns: turns, style: style)
      status = await once.run(text, timeout: talk.timeout.map { .seconds($0) })
      withExtendedLifetime(interrupts) {}
    } else {
      status = await Talk(
        console: console, client: client, options: talk, turns: turns, style: style, lines: lines
      ).run()
    }
    await client.close()
    return status
  }

  /// Ends as the signal would have, so that a shell sees it.
  private static func end(_ console: Console, by number: Int32) {
    console.screen?.hide()
    signal(number, SIG_DFL)
    raise(number)
  }

  /// A person's lines are edited where the terminal lets rows be taken back.
  private func lines(_ console: Console) -> any LineSource {
    guard console.inputIsTerminal, console.features.isLive, !connection.json, let screen = console.screen else {
      return LineReader { console.prompt("> ") }
    }
    return Prompt(screen: screen, file: talk.noHistory ? nil : HistoryFile(), words: ChatCommand.names)
  }

  private func clientConfiguration(token: String?) -> WeirClientConfiguration {
    var configuration = WeirClientConfiguration()
    configuration.url = url
    configuration.token = token
    configuration.user = connection.user
    configuration.trust = connection.trust
    configuration.format = talk.wire == .json ? .json : .binary
    configuration.offersDeflate = !connection.noDeflate
    // A script is not to hang for ever on a server that does not come back.
    if talk.once != nil || isatty(STDIN_FILENO) == 0 { configuration.backoff.maximumAttempts = 10 }
    configuration.agent = "weir-chat/0.1"
    return configuration
  }

  /// The text of `--once`; `-` means all of stdin.
  private func onceText() async throws(WeirClientError) -> String? {
    guard let once = talk.once else { return nil }
    let text = once == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : once
    guard !text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty else {
      throw WeirClientError(code: .invalidArgument, message: "There is nothing to send; give --once a text.")
    }
    return text
  }

  private func rawSession(_ console: Console, token: String?) throws(WeirClientError) -> RawSession {
    var endpoint = try Endpoint(parsing: url)
    if let user = connection.user { endpoint = endpoint.addingQuery("user", user) }
    var headers = Transport.authorization(token)
    do {
      headers += try raw.header.map { try RawOptions.split(header: $0) }
    } catch {
      throw WeirClientError(code: .invalidArgument, message: String(describing: error))
    }
    if let origin = raw.origin { headers.append(("Origin", origin)) }
    var settings = WebSocketClientConfiguration()
    settings.connection.limits.maximumMessageBytes = RawSession.maximumMessageBytes
    settings.connection.limits.maximumFrameBytes = RawSession.maximumMessageBytes
    settings.connection.maximumOutstandingBytes = 2 * RawSession.maximumMessageBytes
    if connection.noDeflate { settings.connection.deflate = nil }
    let transport = try Transport(
      endpoint, trust: connection.trust, settings: settings, headers: headers, subprotocols: raw.subprotocol)
    var output = RawOutput()
    output.json = connection.json
    output.timestamps = raw.timestamps
    output.binary = raw.hex ? .hex : (raw.base64 ? .base64 : .dump)
    output.marks = console.outputIsTerminal && console.inputIsTerminal && raw.execute.isEmpty
    var plan = RawPlan.Settings()
    plan.execute = raw.execute
    plan.wait = raw.wait < 0 ? nil : .seconds(raw.wait)
    plan.maximumMessages = raw.maxMessages
    plan.reconnects = raw.reconnect
    plan.isTerminal = console.inputIsTerminal
    return RawSession(
      console: console, settings: plan, output: output, transport: transport, takesCommands: !raw.noCommands,
      showsFigures: connection.stats)
  }
}

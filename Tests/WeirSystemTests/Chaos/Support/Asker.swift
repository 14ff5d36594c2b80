import NIOConcurrencyHelpers
import Testing
import WeirClient

/// A user with a Swift client that asks one question, reads on through whatever happens to the connection, and remembers
/// what it was told.
final class Asker: Sendable {
  /// What it has read so far.
  struct Reading: Sendable {
    var text = ""
    var turnID: UInt64 = 0
    var end: TurnEvent?
    /// Where the client said its text begins.
    var offset: UInt64 = 0
  }

  static let conversation = "story"

  let client: WeirClient
  let user: String
  private let kept = NIOLockedValueBox(Reading())
  private let waits = NIOLockedValueBox<[Duration]>([])

  /// `ping`: how long the server may be silent before the connection is given up for another.
  init(user: String, port: Int, ping: Duration = .seconds(5)) throws {
    var configuration = WeirClientConfiguration(url: "ws://127.0.0.1:\(port)/", user: user)
    configuration.backoff = Backoff(base: .milliseconds(200), limit: .seconds(2))
    configuration.pingInterval = ping
    configuration.offersDeflate = false
    client = try WeirClient(configuration)
    self.user = user
  }

  /// What it has read.
  var reading: Reading { kept.withLockedValue { $0 } }

  /// How long it waited before each attempt to connect again.
  var reconnectWaits: [Duration] { waits.withLockedValue { $0 } }

  /// Connects, and from now on notes when connections are lost.
  func connect() async throws {
    let events = await client.events()
    let waits = waits
    Task {
      for await event in events {
        if case .disconnected(_, let wait) = event { waits.withLockedValue { $0.append(wait) } }
      }
    }
    try await client.connect()
  }

  /// Asks, and reads to the end. `onText` is called with each piece.
  func ask(_ question: String, onText: @Sendable (String) -> Void = { _ in }) async {
    await read(await client.send(question, to: Self.conversation, clientMessageID: "q"), onText)
  }

  /// Goes on with the answer that was cut off.
  func goOn() async {
    await read(await client.continueTurn(in: Self.conversation), { _ in })
  }

  private func read(_ stream: TurnStream, _ onText: @Sendable (String) -> Void) async {
    kept.withLockedValue { $0 = Reading() }
    for await event in stream {
      kept.withLockedValue { reading in
        switch event {
        case .text(let piece): reading.text += piece
        case .acked(let ack): reading.turnID = ack.turnID
        case .started(let started): reading.offset = started.offset
        case .finished, .failed: reading.end = event
        case .queued, .reasoning, .toolCall, .toolArguments, .seam: break
        }
      }
      if case .text(let piece) = event { onText(piece) }
    }
  }

  /// The conversation as the server has it.
  func history() async throws -> [ChatMessage] {
    try await client.history(of: Self.conversation, limit: 500).messages
  }

  func close() async { await client.close() }
}

extension Asker.Reading {
  var finished: FinishedTurn? { if case .finished(let it)? = end { it } else { nil } }
  var failed: FailedTurn? { if case .failed(let it)? = end { it } else { nil } }
}

/// Many users at once.
struct Crowd {
  let askers: [Asker]

  init(_ count: Int, port: Int, ping: Duration = .seconds(5)) throws {
    askers = try (0..<count).map { try Asker(user: "user\($0)", port: port, ping: ping) }
  }

  /// Does something with all of them at the same time.
  func each(_ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for asker in askers { group.addTask { try await body(asker) } }
      try await group.waitForAll()
    }
  }

  /// All ask, and read to the end; when each of them has some text, `then` happens beside it.
  func ask(_ question: String, then event: @escaping @Sendable () async throws -> Void) async throws {
    let begun = Watched<Set<String>>([]) { "\($0.count) of \(askers.count) have text" }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for asker in askers {
        group.addTask {
          await asker.ask(question) { _ in
            // The set is large and changes once for each user.
            if !begun.value.contains(asker.user) { begun.update { _ = $0.insert(asker.user) } }
          }
        }
      }
      group.addTask { [count = askers.count] in
        _ = try await begun.first("some text for everybody", within: .seconds(60)) { $0.count == count ? true : nil }
        try await event()
      }
      try await group.waitForAll()
    }
  }

  func close() async {
    for asker in askers { await asker.close() }
  }
}

extension Asker {
  /// Compares what was read of an answer that a restart met with what the server has of it, goes on with it if it was
  /// cut off, and compares with the whole. `losesNothing`: the restart was an orderly one.
  func check(whole: String, losesNothing: Bool) async throws {
    let first = reading
    var history = try await history()
    #expect(history.map(\.role) == [.user, .assistant], "\(user): neither lost nor doubled")
    let stored = try #require(history.last)
    if let failed = first.failed {
      #expect(failed.error.code == .interrupted, "\(user): \(failed.error)")
      #expect(stored.status == .interrupted, "\(user)")
      #expect(failed.length == UInt64(stored.text.utf8.count), "\(user)")
      #expect(whole.hasPrefix(stored.text), "\(user): what is kept is no beginning of the answer")
      #expect(whole.hasPrefix(first.text), "\(user): what was read is no beginning of the answer")
      if losesNothing { #expect(stored.text == first.text, "\(user): a stop in order loses no token") }
      await goOn()
      let rest = reading
      #expect(rest.finished?.reason == .complete, "\(user): \(String(describing: rest.end))")
      #expect(rest.offset == UInt64(stored.text.utf8.count), "\(user)")
      #expect(stored.text + rest.text == whole, "\(user)")
      history = try await self.history()
      #expect(history.map(\.role) == [.user, .assistant], "\(user): continuing adds no message")
    } else {
      #expect(first.finished?.reason == .complete, "\(user): \(String(describing: first.end))")
      #expect(first.text == whole, "\(user)")
    }
    #expect(history.last?.text == whole, "\(user)")
    #expect(history.last?.status == .complete, "\(user)")
  }
}

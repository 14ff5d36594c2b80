import WeirCore
import WeirWire

/// A device with a person at it: keeps what it was told, whatever becomes of its connections, and comes back for the rest.
final class SimulatedClient: ConnectionPeer {
  /// A message from when it was written until it is acknowledged, or refused for good.
  struct Pending {
    enum State: Equatable {
      case unsent(since: MonotonicTime)
      case underWay
      case acknowledged(SentRecord, at: MonotonicTime)
      case givenUp
    }
    let request: SendMessage
    var state: State
  }

  /// An answer it has heard of.
  struct KnownTurn {
    let turn: TurnID
    let conversation: ConversationID
    /// It has the text up to here.
    var length = 0
    var isOver = false
  }

  /// What a request was, for its reply.
  enum Asked {
    case send(String)
    case history(ConversationID, at: MonotonicTime)
    case stranger
    case other
  }

  unowned let run: ServerSimulation
  let user: SimulatedUser
  let number: Int
  private(set) var connection: SimulatedConnection?
  var messages: [Pending] = []
  var turns: [KnownTurn] = []
  var follows: [ConversationID] = []
  var revisions: [ConversationID: UInt64] = [:]
  private var asked: [UInt64: Asked] = [:]
  private var lastRequest: UInt64 = 0
  /// Where the next Delta of a turn must begin, on this connection.
  var cursors: [TurnID: Int] = [:]
  /// Turns whose text may begin anywhere on this connection: it was stopped unheard, or not wanted.
  var loose: Set<TurnID> = []
  /// Where the server said that a turn's new text begins.
  private var bases: [TurnID: Int] = [:]
  private let credit: UInt64
  private var unspent = 0
  /// Bytes of text that it will still take on this connection.
  private var granted = 0
  private var isLeaving = false
  private var pings: [UInt64] = []

  init(_ run: ServerSimulation, user: SimulatedUser, number: Int) {
    self.run = run
    self.user = user
    self.number = number
    credit = run.dice.roll(4) == 0 ? UInt64(16 + run.dice.roll(200)) : 0
  }

  var isConnected: Bool { connection?.isOpenAtPeer == true }

  // MARK: Connections

  func connect() {
    if isLeaving || isConnected { return }
    guard let process = run.process, process.isAlive else {
      return connectLater(run.dice.millis(100, 1000))
    }
    let connection = SimulatedConnection(run, process, user: user, peer: self)
    self.connection = connection
    asked = [:]
    cursors = [:]
    loose = []
    bases = [:]
    unspent = 0
    granted = Int(credit)
    let user = user
    let expiry =
      run.dice.roll(20) == 0 ? run.schedule.wallClockMs + UInt64(run.dice.roll(8000)) : nil
    connection.arrive { core, connection in
      connection.device = core.connect(
        user: user.name, access: user.access, link: connection, expiresAtMs: expiry)
    }
    var hello = Hello(version: 1, credit: credit, follow: follows)
    for turn in turns where !turn.isOver {
      // Not every client is sure of the last it heard.
      let offset = run.dice.roll(4) == 0 ? run.dice.roll(turn.length + 1) : turn.length
      hello.resume.append(SubscribeTurn(turnID: turn.turn, offset: UInt64(offset)))
    }
    ask(.hello(hello))
    for place in messages.indices where messages[place].state == .underWay { send(place) }
    sendWaiting()
  }

  private func connectLater(_ pause: Interval) {
    run.schedule.after(pause) { [weak self] in self?.connect() }
  }

  func closed(_ connection: SimulatedConnection, reconnectAfterMs: UInt32?) {
    guard connection === self.connection else { return }
    self.connection = nil
    connectLater(reconnectAfterMs.map { .milliseconds(UInt64($0)) } ?? run.dice.millis(1, 800))
  }

  /// Everything about the person was erased: what this device knows is void.
  func beginAnew() {
    messages = []
    turns = []
    follows = []
    revisions = [:]
    pings = []
    connection?.fallSilent()
    connection = nil
    connectLater(run.dice.millis(1, 3000))
  }

  func leave() {
    isLeaving = true
    connection?.cut(isHalfOpen: false)
  }

  // MARK: Asking

  @discardableResult
  func ask(_ kind: ClientFrame.Kind, _ what: Asked = .other) -> Bool {
    guard let connection, connection.isOpenAtPeer else { return false }
    lastRequest += 1
    asked[lastRequest] = what
    run.note("client \(number) of user \(user.number) asks \(lastRequest): \(kind)")
    connection.transmit(ClientFrame(requestID: lastRequest, frame: kind))
    return true
  }

  func send(_ place: Int) {
    let request = messages[place].request
    if request.onConflict == .interrupt {
      run.promises.stopsAsked[user.number, default: []].insert(
        .conversation(request.conversationID))
    }
    if ask(.sendMessage(request), .send(request.clientMessageID)) {
      messages[place].state = .underWay
    }
  }

  /// Sends what could not be sent, or was refused for a while.
  func sendWaiting() {
    for place in messages.indices {
      if case .unsent(let since) = messages[place].state, since <= run.schedule.now { send(place) }
    }
  }

  // MARK: Hearing

  func hear(_ frame: ServerFrame, on connection: SimulatedConnection) {
    guard connection === self.connection else { return }
    run.note(
      "client \(number) hears \(frame.requestID): \(frame.frame.map { "\($0)" } ?? "nothing")")
    let what = frame.requestID == 0 ? nil : asked.removeValue(forKey: frame.requestID)
    if case .stranger? = what {
      guard case .error(let error)? = frame.frame,
        [.notFound, .shuttingDown, .rateLimited, .internal].contains(error.code)
      else {
        return run.promises.broke(
          "user \(user.number) asked for a stranger's turn and got \(frame)")
      }
      return
    }
    switch frame.frame {
    case .delta(let delta): hear(delta)
    case .ack(let ack): hear(ack)
    case .error(let error): refused(what, error)
    case .turnStarted(let started):
      know(started.turnID, started.conversationID)
      bases[started.turnID] = Int(started.offset)
    case .turnFinished(let end): ended(end.turnID, Int(end.length))
    case .turnFailed(let end):
      if end.error?.code == .notSaved {
        cursors[end.turnID] = nil
        return
      }
      ended(end.turnID, end.error?.code == .notFound ? nil : Int(end.length))
    case .subscribed(let subscribed): hear(subscribed)
    case .conversationOpened(let opened):
      if let id = opened.conversation?.id, !follows.contains(id) { follows.append(id) }
      note(opened.conversation)
      for turn in opened.turns { know(turn.turnID, turn.conversationID) }
    case .conversationChanged(let changed): note(changed.conversation)
    case .messageAdded(let added): revisions[added.conversationID] = added.revision
    case .conversationDeleted(let deleted):
      revisions[deleted.conversationID] = nil
      for place in turns.indices where turns[place].conversation == deleted.conversationID {
        turns[place].isOver = true
      }
    case .historyPage(let page):
      if case .history(let id, let time)? = what { hear(page, of: id, askedAt: time) }
    case .queuePosition(let place): know(place.turnID, nil)
    case .pong(let pong):
      if !pings.contains(pong.nonce) { run.promises.broke("a pong for no ping") }
      pings.removeAll { $0 == pong.nonce }
    default: break
    }
  }

  func ping() {
    let nonce = run.dice.bits()
    pings.append(nonce)
    ask(.ping(Ping(nonce: nonce)))
  }

  private func note(_ conversation: Conversation?) {
    if let conversation { revisions[conversation.id] = conversation.revision }
  }

  private func know(_ turn: TurnID, _ conversation: ConversationID?) {
    if turns.contains(where: { $0.turn == turn }) { return }
    if let conversation { turns.append(KnownTurn(turn: turn, conversation: conversation)) }
  }

  private func hear(_ delta: Delta) {
    let offset = Int(delta.offset)
    let place = turns.firstIndex { $0.turn == delta.turnID }
    let known = place.map { turns[$0].length } ?? 0
    if let expected = cursors[delta.turnID] {
      // What is not wanted, and then followed with its conversation, comes from the beginning.
      if offset != expected, !loose.contains(delta.turnID) {
        run.promises.broke(
          "client \(number): turn \(delta.turnID) goes on at \(offset) instead of \(expected)")
      }
    } else if offset > known, offset != bases[delta.turnID], !loose.contains(delta.turnID) {
      run.promises.broke(
        "client \(number): turn \(delta.turnID) comes from \(offset) on, known are \(known)")
    }
    let end = offset + delta.text.utf8.count
    cursors[delta.turnID] = end
    if let place { turns[place].length = max(known, end) }
    guard credit > 0 else { return }
    granted -= delta.text.utf8.count
    if granted < 0 { run.promises.broke("client \(number) is sent \(-granted) bytes beyond its credit") }
    unspent += delta.text.utf8.count
    if unspent >= Int(credit) / 2 {
      ask(.grantCredit(GrantCredit(bytes: UInt64(unspent))))
      granted += unspent
      unspent = 0
    }
  }

  private func ended(_ turn: TurnID, _ length: Int?) {
    let place = turns.firstIndex { $0.turn == turn }
    if let length {
      // Who asked for more of an answer has what there was.
      let base = bases[turn] ?? Int(run.store.rows[user.number].everTurns[turn]?.baseOffset ?? 0)
      let known = cursors[turn] ?? max(base, place.map { turns[$0].length } ?? 0)
      if known != length, !loose.contains(turn), cursors[turn] != nil || length > known {
        run.promises.broke(
          "client \(number): turn \(turn) ends at \(length), and \(known) have come")
      }
    }
    cursors[turn] = nil
    if let place { turns[place].isOver = true }
  }

  private func hear(_ subscribed: Subscribed) {
    guard let status = subscribed.status else { return }
    guard let place = turns.firstIndex(where: { $0.turn == status.turnID }) else {
      loose.insert(status.turnID)
      cursors[status.turnID] = nil
      return
    }
    if status.state == .unknown {
      let row = run.store.rows[user.number]
      // Where nothing can be saved, a turn may have gone from memory and be there again after the next start.
      if connection?.process.journal.failure == nil,
        run.promises.deletionsAsked[user.number]?.contains(turns[place].conversation) != true,
        row.turns[status.turnID] != nil || row.answers[status.turnID] != nil
      {
        run.promises.broke(
          "client \(number): turn \(status.turnID) is unknown, and the store has it")
      }
      turns[place].isOver = true
    } else if subscribed.message != nil {
      turns[place].isOver = true
      cursors[status.turnID] = nil
    } else {
      cursors[status.turnID] = Int(subscribed.offset)
    }
  }

  private func hear(_ ack: Ack) {
    if ack.turnID != 0 { know(ack.turnID, ack.conversationID) }
    guard ack.level == .durable else { return }
    if !follows.contains(ack.conversationID) { follows.append(ack.conversationID) }
    guard
      let place = messages.firstIndex(where: { $0.request.clientMessageID == ack.clientMessageID })
    else { return }
    let record = SentRecord(
      conversationID: ack.conversationID, sequence: ack.sequence, turnID: ack.turnID,
      revision: ack.revision)
    if case .acknowledged(let earlier, _) = messages[place].state {
      // A deletion takes along that a message was ever sent.
      if earlier != record, run.store.rows[user.number].deletions[earlier.conversationID] == nil {
        run.promises.broke(
          "\(ack.clientMessageID) was acknowledged as \(earlier), then as \(record)")
      }
      return
    }
    messages[place].state = .acknowledged(record, at: run.schedule.now)
    // What became of it since the first time, nobody says by himself.
    if ack.duplicate { ask(.subscribeTurn(.init(turnID: ack.turnID))) }
  }

  private func refused(_ what: Asked?, _ error: WeirError) {
    if case .send(let id)? = what { return refused(id, error) }
    // What could not be read, or was too much at once, may have been an answer that this device came back for.
    if error.code == .internal || error.code == .rateLimited {
      run.schedule.after(.seconds(1)) { [weak self] in self?.resubscribeOpen() }
    }
  }

  private func resubscribeOpen() {
    for turn in turns where !turn.isOver && cursors[turn.turn] == nil {
      ask(.subscribeTurn(.init(turnID: turn.turn, offset: UInt64(turn.length))))
    }
  }

  private func refused(_ id: String, _ error: WeirError) {
    guard let place = messages.firstIndex(where: { $0.request.clientMessageID == id }),
      messages[place].state == .underWay
    else { return }
    if error.retryable, error.code != .turnRunning, error.code != .budgetExceeded {
      let pause = Interval.milliseconds(UInt64(max(50, min(error.retryAfterMs, 60_000))))
      messages[place].state = .unsent(since: run.schedule.now + pause)
      run.schedule.after(pause) { [weak self] in self?.sendWaiting() }
      return
    }
    if run.store.rows[user.number].sent[id] != nil {
      run.promises.broke("\(id) is refused for good with \(error.code.rawValue), and it is stored")
    }
    messages[place].state = .givenUp
  }

  private func hear(_ page: HistoryPage, of id: ConversationID, askedAt time: MonotonicTime) {
    if page.hasMore { return }
    for pending in messages {
      guard case .acknowledged(let record, let at) = pending.state, record.conversationID == id,
        at < time
      else { continue }
      let isThere = page.messages.contains { $0.clientMessageID == pending.request.clientMessageID }
      if !isThere, run.store.rows[user.number].deletions[id] == nil {
        run.promises.broke(
          "client \(number): \(pending.request.clientMessageID) is missing in the history of \(id)")
      }
    }
  }

  /// What still has to come for this client; nil: it has all.
  var waitsFor: String? {
    if !isConnected { return "client \(number) is not connected" }
    for pending in messages {
      switch pending.state {
      case .unsent, .underWay:
        return "client \(number) waits for \(pending.request.clientMessageID): \(pending.state)"
      case .acknowledged, .givenUp: continue
      }
    }
    if let open = turns.first(where: { !$0.isOver }) {
      return "client \(number) waits for the end of turn \(open.turn) in \(open.conversation)"
    }
    return nil
  }
}

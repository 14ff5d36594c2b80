import NIOCore
import WebSocket
import WeirWire

/// What `FakeWeir` holds for all connections. Confined to its loop.
final class FakeState {
  struct Turn {
    var id: UInt64
    var isStopped = false
    /// Where the stop came; nil: it runs to the end.
    var length: Int
  }

  struct Piece {
    var offset: Int
    var text: String
    var kind = PartKind.unspecified
    /// Set on the first piece of a tool call.
    var call: ToolCall?
  }

  let pieces: [Piece]
  let answerBytes: Int
  var fates: [FakeWeir.Fate]
  var record = FakeWeir.Record()
  /// By client message id.
  var turns: [String: Turn] = [:]
  private var nextTurn: UInt64 = 0

  init(answer: [Part], pieceBytes: Int, fates: [FakeWeir.Fate]) {
    self.fates = fates
    var pieces: [Piece] = []
    var offset = 0
    for part in answer {
      let cut = Self.cut(part, pieceBytes: pieceBytes, from: offset)
      pieces += cut
      offset += cut.reduce(0) { $0 + $1.text.utf8.count }
    }
    self.pieces = pieces
    answerBytes = offset
  }

  private static func cut(_ part: Part, pieceBytes: Int, from start: Int) -> [Piece] {
    let (text, kind, call): (String, PartKind, ToolCall?) =
      switch part.part {
      case .text(let text): (text, .unspecified, nil)
      case .reasoning(let reasoning): (reasoning.text, .reasoning, nil)
      case .toolCall(let call): (call.arguments, .toolCall, call)
      case .toolResult, nil: ("", .unspecified, nil)
      }
    // A call has a first piece even without arguments.
    var pieces = call == nil ? [] : [Piece(offset: start, text: "", kind: kind, call: call)]
    var current = Piece(offset: start, text: "", kind: kind)
    for character in text.unicodeScalars {
      current.text.unicodeScalars.append(character)
      if current.text.utf8.count >= pieceBytes {
        pieces.append(current)
        current = Piece(offset: current.offset + current.text.utf8.count, text: "", kind: kind)
      }
    }
    return current.text.isEmpty ? pieces : pieces + [current]
  }

  func decide(_ request: UpgradeRequest, _ state: NIOLoopBound<FakeState>) -> UpgradeDecision {
    let fate = fates.isEmpty ? .normal : fates.removeFirst()
    record.connections += 1
    record.authorization = request.headers["Authorization"]
    record.uri = request.uri
    if case .refused(let status, let body) = fate { return .reject(status: status, body: body) }
    let known = request.subprotocols.first { $0 == "weir.v1" || $0 == "weir.v1.json" }
    return .accept(subprotocol: known) { FakeDevice(state: state.value, fate: fate, isJSON: known == "weir.v1.json") }
  }

  func turn(for clientID: String) -> (Turn, isDuplicate: Bool) {
    if let turn = turns[clientID] { return (turn, true) }
    nextTurn += 1
    let turn = Turn(id: nextTurn, length: answerBytes)
    turns[clientID] = turn
    return (turn, false)
  }

  func key(of turnID: UInt64) -> String? {
    turns.first { $0.value.id == turnID }?.key
  }
}

/// One connection to `FakeWeir`.
final class FakeDevice: WebSocketDelegate {
  private let state: FakeState
  private let fate: FakeWeir.Fate
  private let isJSON: Bool
  private var sentDeltas = 0
  /// nil: no limit.
  private var credit: Int?
  /// Answers on their way: turn, and the next piece of it.
  private var cursors: [(turnID: UInt64, piece: Int, offset: Int)] = []
  private var isOver = false

  init(state: FakeState, fate: FakeWeir.Fate, isJSON: Bool) {
    self.state = state
    self.fate = fate
    self.isJSON = isJSON
  }

  func webSocketDidOpen(_ ws: WebSocketConnection) {
    if case .silent = fate { ws.setReading(false) }
  }

  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    let decoded =
      isJSON ? try? WireJSON.decode(ClientFrame.self, from: payload) : try? ClientFrame.decode(payload)
    if case .mute = fate { return }
    guard !isOver, let frame = decoded else { return }
    state.record.frames.append(frame)
    let id = frame.requestID
    switch frame.frame {
    case .hello(let hello): greet(ws, hello, id)
    case .sendMessage(let message): take(ws, message, id)
    case .subscribeTurn(let subscribe):
      let status = TurnStatus(turnID: subscribe.turnID, conversationID: "c", state: .running)
      send(ws, .subscribed(Subscribed(status: status, offset: subscribe.offset)), id)
      stream(ws, subscribe.turnID, from: Int(subscribe.offset))
    case .stopTurn(let stop): end(ws, stop.turnID, reason: .stopped)
    case .grantCredit(let grant):
      credit = credit.map { $0 + Int(grant.bytes) }
      pump(ws)
    case .getUsage:
      let limit = LimitState(name: "tokens_per_day", limit: 1_000, remaining: 250, resetAfterMs: 7_200_000)
      send(ws, .usageReport(UsageReport(plan: "free", lane: "interactive", limits: [limit])), id)
    case .listConversations:
      send(ws, .conversationList(ConversationList(conversations: [Conversation(id: "c", title: "Test")])), id)
    case .openConversation(let open):
      let conversation = Conversation(id: open.conversationID, title: open.title)
      send(ws, .conversationOpened(ConversationOpened(conversation: conversation, created: true)), id)
    default: send(ws, .error(WeirError(code: .notFound, message: "The test's server does not do this.")), id)
    }
  }

  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {
    isOver = true
  }

  private func greet(_ ws: WebSocketConnection, _ hello: Hello, _ id: UInt64) {
    state.record.hellos.append(hello)
    credit = hello.credit == 0 ? nil : Int(hello.credit)
    let resumed = hello.resume.map { TurnStatus(turnID: $0.turnID, conversationID: "c", state: .running) }
    send(
      ws, .welcome(Welcome(version: 1, server: "fake/1", user: "u", models: ["m"], resumed: resumed)), id)
    for turn in hello.resume { stream(ws, turn.turnID, from: Int(turn.offset)) }
  }

  private func take(_ ws: WebSocketConnection, _ message: SendMessage, _ id: UInt64) {
    state.record.messages.append(message)
    let (turn, isDuplicate) = state.turn(for: message.clientMessageID)
    if case .cutBeforeAck = fate {
      drop(ws)
      return
    }
    let ack = Ack(
      clientMessageID: message.clientMessageID, level: .durable, conversationID: "c", sequence: 1, turnID: turn.id,
      revision: 1, duplicate: isDuplicate)
    send(ws, .ack(ack), id)
    if isDuplicate { return }
    send(ws, .queuePosition(QueuePosition(turnID: turn.id, position: 2, lane: "interactive", reason: .rateLimit)))
    send(ws, .turnStarted(TurnStarted(turnID: turn.id, conversationID: "c", model: "m")))
    stream(ws, turn.id, from: 0)
  }

  private func stream(_ ws: WebSocketConnection, _ turnID: UInt64, from offset: Int) {
    cursors.removeAll { $0.turnID == turnID }
    // From the piece in which the offset lies: a little is repeated, as after any reconnect.
    // What begins at the offset is sent from its beginning: calls without arguments take no bytes.
    let piece =
      state.pieces.firstIndex { $0.offset == offset } ?? state.pieces.lastIndex { $0.offset <= offset } ?? 0
    cursors.append((turnID, piece, offset))
    pump(ws)
  }

  private func pump(_ ws: WebSocketConnection) {
    while !isOver, let cursor = cursors.first {
      guard cursor.piece < state.pieces.count else {
        cursors.removeFirst()
        end(ws, cursor.turnID, reason: state.pieces.contains { $0.call != nil } ? .toolCalls : .complete)
        continue
      }
      let piece = state.pieces[cursor.piece]
      let bytes = piece.text.utf8.count
      if let credit {
        guard credit >= bytes else { return }
        self.credit = credit - bytes
        state.record.worstOverdraft = max(state.record.worstOverdraft, bytes - credit)
      }
      if meetsFate(ws) { return }
      sentDeltas += 1
      cursors[0].piece += 1
      if case .lossy = fate, sentDeltas % 2 == 0, cursor.offset == 0 { continue }
      let delta = Delta(
        turnID: cursor.turnID, offset: UInt64(piece.offset), text: piece.text, kind: piece.kind,
        toolCallID: piece.call?.id ?? "", toolName: piece.call?.name ?? "")
      send(ws, .delta(delta))
    }
  }

  /// Whether the connection ended here.
  private func meetsFate(_ ws: WebSocketConnection) -> Bool {
    switch fate {
    case .cutAfterDeltas(sentDeltas): drop(ws)
    case .goodbyeAfterDeltas(sentDeltas, let hint):
      send(ws, .goodbye(Goodbye(code: .shuttingDown, message: "Restarting.", reconnectAfterMs: hint)))
      isOver = true
      ws.close(code: .serviceRestart, reason: "restart")
    default: return false
    }
    return true
  }

  private func end(_ ws: WebSocketConnection, _ turnID: UInt64, reason: FinishReason) {
    guard let key = state.key(of: turnID), let turn = state.turns[key], !turn.isStopped else { return }
    if reason == .stopped {
      state.turns[key]?.isStopped = true
      let sent = cursors.first { $0.turnID == turnID }
      cursors.removeAll { $0.turnID == turnID }
      let length = sent.map { $0.piece < state.pieces.count ? state.pieces[$0.piece].offset : state.answerBytes } ?? 0
      state.turns[key]?.length = length
    }
    let length = UInt64(state.turns[key]?.length ?? 0)
    send(
      ws,
      .turnFinished(
        TurnFinished(
          turnID: turnID, conversationID: "c", reason: reason, usage: Usage(inputTokens: 3, outputTokens: 9),
          sequence: 2, length: length, revision: 2)))
  }

  private func drop(_ ws: WebSocketConnection) {
    isOver = true
    ws.flush()
    ws.abort()
  }

  private func send(_ ws: WebSocketConnection, _ frame: ServerFrame.Kind, _ id: UInt64 = 0) {
    let frame = ServerFrame(requestID: id, frame: frame)
    var buffer = ByteBuffer()
    if isJSON { WireJSON.encode(frame, into: &buffer) } else { frame.encode(into: &buffer) }
    ws.send(isJSON ? .text : .binary, buffer)
  }
}

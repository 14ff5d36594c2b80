import WeirCore
import WeirWire

/// What the server has promised to anyone, and what is true: each frame is held against the store in the moment in which the
/// server sends it, each write against what devices have been told.
final class Promises {
  struct TurnKey: Hashable {
    let user: Int
    let turn: TurnID
  }

  enum Stop: Hashable {
    case turn(TurnID)
    case conversation(ConversationID)
  }

  private struct CallKey: Hashable {
    let process: Int
    let call: CallID
  }

  let users: [SimulatedUser]
  let clock: Schedule
  private(set) var broken: [String] = []
  /// Conversations that somebody asked to delete.
  var deletionsAsked: [Int: Set<ConversationID>] = [:]
  /// Turns that somebody may have stopped, by themselves or with a message that interrupts.
  var stopsAsked: [Int: Set<Stop>] = [:]
  /// Hears of everything; for looking at one seed.
  var onNote: ((String) -> Void)?
  /// The lives of the server that ended badly, and from when on they saved nothing.
  private(set) var crashes: [Int: MonotonicTime] = [:]
  /// The lives that ended in order, with all saved.
  var drained: Set<Int> = []
  /// What devices have seen for so long outlives a crash.
  var safeAfter = Interval.seconds(8)
  var process = 0
  private var transcripts: [TurnKey: Transcript] = [:]
  private var turnOfCall: [CallKey: TurnKey] = [:]
  private var callOfTurn: [TurnKey: CallKey] = [:]
  private var said: [CallKey: [SimulatedFlight.Happening]] = [:]
  private var lastCalled: [String: TurnID] = [:]
  /// When users were last erased.
  private var erasures: [Int: MonotonicTime] = [:]
  /// Hears of users of whom nothing is left.
  var onErased: (Int) -> Void = { _ in }
  unowned var store: SimulatedStore!
  /// Whether nothing can be saved any more in this life of the server.
  var isSavingOver: () -> Bool = { false }

  init(users: [SimulatedUser], clock: Schedule) {
    self.users = users
    self.clock = clock
  }

  var isBroken: Bool { !broken.isEmpty }

  /// A promise does not hold.
  func broke(_ what: String) {
    let seconds = Double(clock.now.nanoseconds / 1_000_000) / 1000
    broken.append("at \(seconds) s, in life \(process): \(what)")
    onNote?("BROKEN: \(what)")
  }

  /// A life of the server ends badly, or saves nothing more before it does.
  func nothingSaved(since time: MonotonicTime, in process: Int) { crashes[process] = crashes[process] ?? time }

  func transcript(_ user: Int, _ turn: TurnID) -> Transcript? {
    transcripts[TurnKey(user: user, turn: turn)]
  }

  private func makeTranscript(_ user: Int, _ turn: TurnID) -> Transcript {
    let key = TurnKey(user: user, turn: turn)
    if let known = transcripts[key] { return known }
    let made = Transcript()
    transcripts[key] = made
    return made
  }

  // MARK: Providers

  /// What the provider's answer is marked with: the user's own capital, or, where all ask the same, the tenant's mark.
  func tag(of request: UpstreamRequest) -> String {
    for message in request.messages {
      for byte in message.text.utf8 where byte >= 0x41 && byte <= 0x5A {
        return String(decoding: [byte], as: UTF8.self)
      }
    }
    let tenant = SimulatedUser.number(of: request.user).map { users[$0].access.tenant } ?? ""
    return String(decoding: [SimulatedUser.mark(ofTenant: tenant)], as: UTF8.self)
  }

  /// A shard asks a provider.
  func called(_ request: UpstreamRequest, process: Int) {
    guard let user = SimulatedUser.number(of: request.user),
      let dash = request.traceID.lastIndex(of: "-"),
      let turn = TurnID(request.traceID[request.traceID.index(after: dash)...])
    else { return broke("a call for nobody: \(request.traceID)") }
    onNote?("call of turn \(turn) of user \(user), trace \(request.traceID)")
    // The call was under way to the upstream thread, and its cancellation right behind it.
    if let erasure = erasures[user], clock.now.since(erasure) < .milliseconds(5) { return }
    for message in request.messages where !users[user].owns(message.text.utf8) {
      broke("a prompt of user \(user) holds a stranger's text: \(message.text)")
    }
    guard let record = store.rows[user].everTurns[turn] else {
      return broke("turn \(turn) is called, and not stored")
    }
    if let seen = transcripts[TurnKey(user: user, turn: turn)], !seen.growth.isEmpty {
      broke(
        "user \(user): turn \(turn) is run again, and devices have seen \(seen.bytes.count) bytes of it"
      )
    }
    if !record.isDirect {
      let place = "\(process).\(user).\(record.conversationID)"
      // A turn whose end could not be saved may leave memory and be found in the store again.
      if let last = lastCalled[place], last >= turn, !isSavingOver() {
        broke("user \(user): turn \(turn) is called after \(last)")
      }
      lastCalled[place] = turn
    }
    let key = CallKey(process: process, call: request.callID)
    let turnKey = TurnKey(user: user, turn: turn)
    turnOfCall[key] = turnKey
    callOfTurn[turnKey] = key
  }

  /// A provider has said something for a call.
  func emitted(_ happening: SimulatedFlight.Happening, call: CallID, process: Int) {
    said[CallKey(process: process, call: call), default: []].append(happening)
  }

  // MARK: The store

  /// Nothing is left of a user: what was promised is void, and nothing of it may be seen again.
  func erased(_ user: Int) {
    onNote?("user \(user) is erased")
    users[user].beginAnew()
    erasures[user] = clock.now
    deletionsAsked[user] = nil
    stopsAsked[user] = nil
    transcripts = transcripts.filter { $0.key.user != user }
    callOfTurn = callOfTurn.filter { $0.key.user != user }
    begun(again: user)
    onErased(user)
  }

  /// The user's turns are read from the store again, in the same life of the server.
  func begun(again user: Int) {
    lastCalled = lastCalled.filter { !$0.key.hasPrefix("\(process).\(user).") }
  }

  /// A turn goes on with an earlier answer.
  func begins(_ record: TurnRecord, _ user: Int, on messages: [Message]) {
    guard let earlier = messages.first(where: { $0.sequence == record.answerSequence }) else {
      return broke("user \(user): turn \(record.turnID) goes on with an answer that is not there")
    }
    var left = Int(record.baseOffset)
    var prefix: [(kind: PartKind, text: [UInt8])] = []
    for piece in AnswerText.pieces(earlier.parts) {
      if piece.kind == .toolCall || left == 0 { break }
      prefix.append((piece.kind, Array(piece.text.prefix(left))))
      left -= min(left, piece.text.count)
    }
    if left > 0 {
      broke("user \(user): turn \(record.turnID) goes on \(left) bytes behind the end of an answer")
    }
    makeTranscript(user, record.turnID).begin(with: prefix)
  }

  /// An answer is being stored, together with the end of its turn.
  func answered(_ message: Message, _ record: TurnRecord, _ user: Int) {
    let turn = record.turnID
    onNote?(
      "answer of turn \(turn) of user \(user): \(message.contentBytes) bytes, status \(message.status.rawValue)"
    )
    if let transcript = transcripts[TurnKey(user: user, turn: turn)] {
      let length = message.contentBytes
      if transcript.bytes.count > length { checkLoss(transcript, length, record, user) }
      transcript.stored = length
      if !transcript.agrees(with: message.parts) {
        broke(
          "user \(user): turn \(turn) is stored as \(message.parts), seen as \(String(decoding: transcript.bytes, as: UTF8.self))"
        )
      }
    }
    guard message.status == .complete, let call = callOfTurn[TurnKey(user: user, turn: turn)],
      let said = said[call]
    else { return }
    let whole = AnswerText.pieces(said)
    let stored = AnswerText.pieces(message.parts)
    if record.baseOffset == 0, whole != stored {
      broke(
        "user \(user): turn \(turn) was answered with \(whole.count) parts, and stored as \(message.parts)"
      )
    }
    let bytes = whole.reduce(0) { $0 + $1.text.count } + Int(record.baseOffset)
    if bytes != message.contentBytes {
      broke(
        "user \(user): turn \(turn) was answered with \(bytes) bytes, and stored with \(message.contentBytes)"
      )
    }
  }

  /// Devices have seen more than is stored: only a crash may do that, and only to the newest text.
  private func checkLoss(_ transcript: Transcript, _ length: Int, _ record: TurnRecord, _ user: Int) {
    guard transcript.process < process else {
      return broke(
        "user \(user): of turn \(record.turnID) \(transcript.bytes.count) bytes were seen, \(length) stored"
      )
    }
    if drained.contains(transcript.process) {
      return broke(
        "user \(user): an orderly end lost text of turn \(record.turnID), of which \(length) bytes are stored")
    }
    guard let crash = crashes[transcript.process] else { return }
    let safe = transcript.growth.last { crash.since($0.time) > safeAfter }?.length ?? 0
    if safe > length {
      broke(
        "user \(user): turn \(record.turnID) had \(safe) bytes long before the crash, and \(length) are stored"
      )
    }
  }

  // MARK: Deltas

  func sentDelta(
    _ turn: TurnID, _ offset: UInt64, _ part: PartMark, _ text: UnsafeRawBufferPointer,
    to user: Int, process: Int
  ) {
    if !users[user].owns(text) { broke("user \(user) is sent a stranger's text in turn \(turn)") }
    guard let record = store.rows[user].everTurns[turn] else {
      return broke("user \(user) is sent text of turn \(turn), which is none of theirs")
    }
    if !record.isStarted, offset >= record.baseOffset {
      broke(
        "user \(user) is sent text of turn \(turn), and the store does not know that it has begun")
    }
    let complaint = makeTranscript(user, turn).add(
      Int(offset), part, text, at: clock.now, process: process)
    if let complaint { broke("user \(user), turn \(turn): \(complaint)") }
  }
}

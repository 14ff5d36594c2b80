import WeirCore
import WeirWire

// What a person does.
extension SimulatedClient {
  /// Does something, and something else a while later, until the run is calm.
  func live() {
    guard !run.isCalm else { return }
    if isConnected { act() }
    run.schedule.after(run.dice.roll(3) == 0 ? run.dice.millis(0, 20) : run.dice.millis(50, 1500)) {
      [weak self] in
      self?.live()
    }
  }

  /// Few, so that they meet, and the same for all users.
  private func someConversation() -> ConversationID { "c\(run.dice.roll(3))" }

  private func act() {
    if run.dice.perMille(run.faults.deletes) { return delete() }
    switch run.dice.roll(24) {
    case 0...8: write()
    case 9, 10: stop()
    case 11: ask(.continueTurn(.init(conversationID: someConversation())))
    case 12: ask(.regenerateTurn(.init(conversationID: someConversation())))
    case 13: ask(.openConversation(.init(conversationID: someConversation())))
    case 14, 15:
      let id = someConversation()
      let before = run.dice.roll(3) == 0 ? UInt64(run.dice.roll(12)) : 0
      let what = before == 0 ? Asked.history(id, at: run.schedule.now) : .other
      ask(
        .getHistory(
          .init(conversationID: id, beforeSequence: before, limit: before == 0 ? 500 : 3)), what)
    case 16: ask(.listConversations(.init(limit: UInt32(run.dice.roll(4)))))
    case 17:
      ask(.renameConversation(.init(conversationID: someConversation(), title: tagged("title"))))
    case 18: resubscribe()
    case 19: unsubscribe()
    case 20: stranger()
    case 21: ping()
    case 22: ask(.getUsage(.init()))
    default: call()
    }
  }

  private func tagged(_ text: String) -> String {
    String(decoding: [user.letter], as: UTF8.self) + " " + text
  }

  private func write() {
    var request = SendMessage(
      conversationID: someConversation(), clientMessageID: "\(number).\(messages.count)")
    if run.dice.roll(6) == 0 {
      // What all ask in the same words, in a conversation that begins with it.
      request.conversationID = ""
      request.parts = [.text("what is \(run.dice.roll(3))?")]
    } else {
      request.parts = [.text(tagged("says \(messages.count) \u{E9}"))]
    }
    request.onConflict = run.dice.pick([.queue, .queue, .queue, .interrupt, .reject])
    if run.dice.roll(3) == 0 { request.acks = [.accepted, .durable, .started, .done] }
    if run.dice.roll(10) == 0 { request.expectedRevision = revisions[request.conversationID] }
    if run.dice.roll(4) == 0 { request.model = run.dice.pick(["m", "n"]) }
    if run.dice.roll(4) == 0 { request.lane = run.dice.pick(["interactive", "batch"]) }
    if run.dice.roll(10) == 0 { request.deadlineMs = UInt32(10 + run.dice.roll(4000)) }
    if run.dice.roll(20) == 0 { request.lane = "none such" }
    request.noCache = run.dice.roll(8) == 0
    messages.append(Pending(request: request, state: .unsent(since: run.schedule.now)))
    send(messages.count - 1)
    // Impatient people press twice.
    if run.dice.roll(10) == 0 { send(messages.count - 1) }
  }

  private func stop() {
    guard let turn = turns.last(where: { !$0.isOver }) ?? turns.last else { return }
    run.promises.stopsAsked[user.number, default: []].insert(.turn(turn.turn))
    if cursors[turn.turn] == nil { loose.insert(turn.turn) }
    ask(.stopTurn(.init(turnID: turn.turn)))
  }

  private func delete() {
    let id = someConversation()
    run.promises.deletionsAsked[user.number, default: []].insert(id)
    ask(.deleteConversation(.init(conversationID: id)))
  }

  private func resubscribe() {
    guard !turns.isEmpty else { return }
    let place = max(0, turns.count - 1 - run.dice.roll(4))
    let offset = run.dice.roll(turns[place].length + 1)
    ask(.subscribeTurn(.init(turnID: turns[place].turn, offset: UInt64(offset))))
  }

  private func unsubscribe() {
    guard run.dice.half(), let turn = turns.last(where: { !$0.isOver }) else { return }
    if ask(.unsubscribeTurn(.init(turnID: turn.turn))) {
      loose.insert(turn.turn)
      if let place = turns.firstIndex(where: { $0.turn == turn.turn }) {
        turns[place].isOver = true
      }
    }
  }

  /// Tries to stop another user's turn.
  private func stranger() {
    guard !run.faults.idsMeet else { return }
    let others = run.clients.filter { $0.user.number != user.number }.flatMap(\.turns)
    guard let turn = others.last(where: { !$0.isOver }) ?? others.last else { return }
    ask(.stopTurn(.init(turnID: turn.turn)), .stranger)
  }

  private func call() {
    guard let process = run.process, process.isAlive else { return }
    var call = DirectCall()
    let text = run.dice.half() ? "what is \(run.dice.roll(3))?" : tagged("calls")
    call.messages = [PromptMessage(role: .user, text: text)]
    call.lane = run.dice.pick(["", "batch"])
    call.skipsCache = run.dice.roll(5) == 0
    let caller = SimulatedCaller(run, process, user: user, call)
    run.callers.append(caller)
    if run.dice.roll(3) == 0 {
      run.schedule.after(run.dice.millis(0, 2000)) { [weak caller] in caller?.hangUp() }
    }
  }
}

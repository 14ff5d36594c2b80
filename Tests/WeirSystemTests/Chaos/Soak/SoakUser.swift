import Testing
import WeirWire

/// A person who talks all the time, over connections that break, and checks all that is promised.
struct SoakUser {
  /// Messages of a conversation; then it is compared as a whole, and a new one begins.
  private static let length = 12
  /// Why an answer may break off here.
  private static let excuses: Set<ErrorCode> = [
    .interrupted, .upstreamFailed, .upstreamTimeout, .upstreamOverloaded, .overloaded, .deadlineExceeded,
  ]

  private let world: SoakWorld
  private let name: String
  private let seed: UInt64

  init(_ number: Int, in world: SoakWorld) {
    self.world = world
    name = "user\(number)"
    seed = world.plan.seed &* 31 &+ UInt64(number)
  }

  func run() async {
    var random = SeededRandom(seed: seed)
    var number = 0
    while !world.isOver {
      number += 1
      await talk("c\(number)", &random)
    }
  }

  /// One conversation, from its first message to the comparison.
  private func talk(_ conversation: String, _ random: inout SeededRandom) async {
    var device: Device?
    var said: [String] = []
    var answers: [UInt64: String] = [:]
    for number in 1...Self.length where !world.isOver {
      let id = "\(conversation).\(number)"
      guard let ack = await say(id, conversation, &device) else { break }
      said.append(id)
      await read(ack, &device, &random) { text in answers[ack.turnID] = text }
    }
    await compare(conversation, said, answers, &device)
    if let device { world.release(device) }
  }

  /// Sends until it is acknowledged. The same message always brings the same acknowledgement. nil: the time is up.
  private func say(_ id: String, _ conversation: String, _ device: inout Device?) async -> Ack? {
    var attempts = 0
    while !world.isOver {
      guard let link = await connected(&device) else { continue }
      attempts += 1
      if attempts > 1 { world.count { $0.sentAgain += 1 } }
      let message = SendMessage(
        conversationID: conversation, clientMessageID: id, parts: [.text("message \(id) of \(name)")])
      do {
        let reply = try await link.ask(.sendMessage(message), within: .seconds(30))
        switch reply {
        case .ack(let ack) where ack.clientMessageID == id: return ack
        // A stop is told as a refusal; the next server takes it.
        case .error(let error) where error.retryable:
          drop(&device)
          try? await Task.sleep(for: .milliseconds(100))
        default: world.broke("\(name): \(id) was answered with \(reply)")
        }
      } catch is Device.Closed {
        drop(&device)
      } catch {
        world.broke("\(name): \(id) was not answered: \(error)")
        drop(&device)
      }
    }
    return nil
  }

  /// Reads an answer to its end, through lost connections and some of its own making.
  private func read(
    _ ack: Ack, _ device: inout Device?, _ random: inout SeededRandom, _ finished: (String) -> Void
  ) async {
    let turn = ack.turnID
    var text = ""
    // Whoever sent a message gets its answer; whoever sent it again may have to ask for that.
    var mustSubscribe = ack.duplicate
    var mark = 0
    while !world.isOver {
      mustSubscribe = mustSubscribe || device == nil
      guard let link = await connected(&device) else { continue }
      var transcript = Transcript(turn: turn, offset: UInt64(text.utf8.count))
      do {
        if mustSubscribe {
          let resume = SubscribeTurn(turnID: turn, offset: UInt64(text.utf8.count))
          let reply = try await link.ask(.subscribeTurn(resume), within: .seconds(30))
          guard case .subscribed(let subscribed) = reply else { throw Device.Refused(reply) }
          if let message = subscribed.message { return end(turn, text, message: message, finished) }
          mustSubscribe = false
          // Where the device said it is, is where it goes on: what came before the reply comes again.
          mark = link.place(ofReplyTo: turn)
        }
        // One answer in eight loses its connection somewhere, whatever else happens.
        let cut = Int.random(in: 0..<8, using: &random) == 0 ? Int.random(in: 1...200, using: &random) : Int.max
        let ending = try await link.wait(for: "the end of turn \(turn)", since: mark, within: .seconds(90)) {
          frame -> Answer.Ending?? in
          if let ending = transcript.take(frame) { return .some(ending) }
          return transcript.text.utf8.count >= cut ? .some(nil) : nil
        }
        check(transcript, turn)
        text += transcript.text
        switch ending {
        case nil: drop(&device)
        case .finished(let end)?:
          world.count { $0.turns += 1 }
          if text != world.whole { world.broke("\(name): turn \(turn) finished as \(end) with other text: \(text)") }
          return finished(text)
        case .failed(let failed)?: return broke(turn, text, failed.error, kept: failed.partialKept, finished)
        }
      } catch is Device.Closed {
        check(transcript, turn)
        text += transcript.text
        drop(&device)
      } catch {
        world.broke("\(name): turn \(turn) did not go on: \(error)")
        drop(&device)
        return
      }
    }
  }

  private func check(_ transcript: Transcript, _ turn: UInt64) {
    if transcript.faults.isEmpty { return }
    let first = transcript.faults.prefix(2)
    world.broke("\(name): turn \(turn), from \(transcript.offset) on: \(first) of \(transcript.faults.count)")
  }

  /// The answer had ended while nobody listened.
  private func end(_ turn: UInt64, _ text: String, message: Message, _ finished: (String) -> Void) {
    let stored = message.text
    switch message.status {
    case .complete:
      world.count { $0.turns += 1 }
      if stored != world.whole { world.broke("\(name): turn \(turn) is stored with other text: \(stored)") }
      finished(stored)
    case .interrupted:
      if !stored.hasPrefix(text), !text.hasPrefix(stored) {
        world.broke("\(name): turn \(turn) has other text than was sent: \(stored)")
      }
      broke(turn, stored, message.error, kept: true, finished)
    default: world.broke("\(name): turn \(turn) is \(message.status)")
    }
  }

  private func broke(_ turn: UInt64, _ text: String, _ error: WeirError?, kept: Bool, _ finished: (String) -> Void) {
    world.count {
      $0.turns += 1
      $0.brokenOff += 1
    }
    guard let error, Self.excuses.contains(error.code), !error.message.isEmpty else {
      return world.broke("\(name): turn \(turn) broke off without a reason: \(String(describing: error))")
    }
    if !world.whole.hasPrefix(text) { world.broke("\(name): turn \(turn) broke off with other text: \(text)") }
    // After a crash the store may have less than was sent: what it has, is compared as a beginning.
    if kept { finished(text) }
  }

  /// All that was acknowledged is there, once and in order, and the answers are what was read.
  private func compare(
    _ conversation: String, _ said: [String], _ answers: [UInt64: String], _ device: inout Device?
  ) async {
    if said.isEmpty { return }
    for _ in 0..<100 {
      guard let link = await connected(&device, evenAfterTheEnd: true) else { continue }
      do {
        let history = try await link.history(of: conversation)
        let users = history.filter { $0.role == .user }.map(\.clientMessageID)
        // The last may have been sent and not acknowledged when the time was up.
        if Array(users.prefix(said.count)) != said || users.count > said.count + 1 {
          world.broke("\(name): \(conversation) has \(users) where \(said) were acknowledged")
        }
        let turns = history.filter { $0.role == .assistant }.map(\.turnID)
        if Set(turns).count != turns.count { world.broke("\(name): \(conversation) has a double answer: \(turns)") }
        for answer in history where answer.role == .assistant {
          guard let seen = answers[answer.turnID] else { continue }
          let isSame = answer.status == .complete ? answer.text == seen : Self.agree(answer.text, seen)
          if !isSame {
            world.broke("\(name): turn \(answer.turnID) was read as \(seen) and is stored as \(answer.text)")
          }
        }
        return world.count { $0.compared += 1 }
      } catch {
        drop(&device)
      }
    }
    world.broke("\(name): \(conversation) could not be read in a hundred attempts")
  }

  private static func agree(_ one: String, _ other: String) -> Bool { one.hasPrefix(other) || other.hasPrefix(one) }

  /// The device, or a new one. nil: there is no server; a short time has passed.
  private func connected(_ device: inout Device?, evenAfterTheEnd: Bool = false) async -> Device? {
    if let device { return device }
    if let fresh = await world.connect(name) {
      world.count { $0.reconnects += 1 }
      device = fresh
      return fresh
    }
    try? await Task.sleep(for: .milliseconds(100))
    return nil
  }

  private func drop(_ device: inout Device?) {
    if let device { world.release(device) }
    device = nil
  }

  // MARK: A second device

  /// Follows what the user does, and hardly reads.
  func followSlowly() async {
    var random = SeededRandom(seed: ~seed)
    while !world.isOver {
      guard let device = await world.connect(name) else {
        try? await Task.sleep(for: .milliseconds(200))
        continue
      }
      if let list = try? await device.conversations(), let latest = list.first {
        _ = try? await device.open(latest.id)
      }
      for _ in 0..<5 where !world.isOver && device.state.value.close == nil {
        device.setReading(false)
        try? await Task.sleep(for: .seconds(Double.random(in: 0.5...4, using: &random)))
        device.setReading(true)
        try? await Task.sleep(for: .seconds(Double.random(in: 0.1...1, using: &random)))
      }
      world.release(device)
    }
  }
}

extension Device {
  /// How many frames have come up to the last `Subscribed` for a turn, and with it.
  fileprivate func place(ofReplyTo turn: UInt64) -> Int {
    let reply = state.value.arrivals.lastIndex { arrival in
      if case .subscribed(let subscribed)? = arrival.frame.frame { subscribed.status?.turnID == turn } else { false }
    }
    return reply.map { $0 + 1 } ?? 0
  }
}

import NIOConcurrencyHelpers
import Testing
import WeirWire

/// Sends numbered messages into one conversation as fast as acknowledgements come, remembers those, and can tell after a
/// restart whether the server kept its word.
final class NumberedWriter: Sendable {
  /// Messages that may be on their way at a time: what a crash can leave in doubt.
  private static let window = 8

  private struct State {
    var sent = 0
    var acknowledgements: [Int: Ack] = [:]
  }

  private let user: String
  private let conversation: String
  private let state = NIOLockedValueBox(State())

  init(user: String, conversation: String) {
    self.user = user
    self.conversation = conversation
  }

  /// By message number.
  var acknowledgements: [Int: Ack] { state.withLockedValue { $0.acknowledgements } }

  func connect(to server: ServerProcess) async throws -> Device { try await Device.connect(server, user: user) }

  /// Writes until the server is gone. `refusal`: what it may say instead of acknowledging, if anything.
  func run(on device: Device, refusal: ErrorCode? = nil, onAcknowledgement: @Sendable () -> Void) async throws {
    var index = 0
    for _ in 0..<Self.window { sendNext(device) }
    while true {
      let news: ArraySlice<Device.Arrival>
      do {
        news = try await device.arrivals(from: index, "the next frame")
      } catch is Device.Closed {
        return
      }
      index += news.count
      for arrival in news {
        switch arrival.frame.frame {
        case .ack(let ack) where ack.level == .durable:
          guard let number = Self.number(in: ack.clientMessageID) else { continue }
          state.withLockedValue { $0.acknowledgements[number] = ack }
          sendNext(device)
          onAcknowledgement()
        case .error(let error) where error.code != refusal:
          Issue.record("\(conversation): \(error.message)")
        default: break
        }
      }
    }
  }

  private func sendNext(_ device: Device) {
    let number = state.withLockedValue { state in
      state.sent += 1
      return state.sent
    }
    device.send(.sendMessage(message(number)))
  }

  private func message(_ number: Int) -> SendMessage {
    SendMessage(
      conversationID: conversation, clientMessageID: "\(conversation).\(number)",
      parts: [Part(part: .text("message \(number) of \(conversation)"))])
  }

  private static func number(in id: String) -> Int? { id.split(separator: ".").last.flatMap { Int($0) } }

  /// Compares with what a restarted server has, before and after everything is sent again. Returns how much was.
  func compare(with server: ServerProcess, _ note: String) async throws -> Int {
    let (sent, acknowledgements) = state.withLockedValue { ($0.sent, $0.acknowledgements) }
    let device = try await connect(to: server)
    defer { device.abort() }
    let before = try await kept(device)
    checkKept(before, acknowledgements, note)

    for number in 1...max(1, sent) {
      let reply = try await device.ask(.sendMessage(message(number)))
      guard case .ack(let ack) = reply else { throw Device.Refused(reply) }
      #expect(ack.duplicate == (number <= before.count), "\(conversation) \(number), \(note)")
      guard let first = acknowledgements[number] else { continue }
      #expect(
        [ack.sequence, ack.turnID, ack.revision] == [first.sequence, first.turnID, first.revision],
        "another acknowledgement of \(conversation) \(number), \(note)")
    }
    let after = try await kept(device)
    #expect(after.map(\.clientMessageID) == (1...max(1, sent)).map { message($0).clientMessageID }, "\(note)")
    return sent
  }

  /// What the server has of the writer's messages, in its order.
  private func kept(_ device: Device) async throws -> [Message] {
    do {
      return try await device.history(of: conversation).filter { $0.role == .user }
    } catch let refused as Device.Refused where refused.code == .notFound {
      // Nothing had come so far that it made a conversation.
      return []
    }
  }

  private func checkKept(_ kept: [Message], _ acknowledgements: [Int: Ack], _ note: String) {
    let numbers = kept.compactMap { Self.number(in: $0.clientMessageID) }
    // One connection, one journal: what is there is the beginning of what was sent, without a gap or a double.
    #expect(numbers == Array(0..<numbers.count).map { $0 + 1 }, "\(conversation), \(note)")
    for (number, ack) in acknowledgements {
      guard number <= kept.count else {
        Issue.record("message \(number) of \(conversation) was acknowledged and is lost, \(note)")
        continue
      }
      #expect(kept[number - 1].sequence == ack.sequence, "\(conversation) \(number), \(note)")
      #expect(kept[number - 1].text == "message \(number) of \(conversation)", "\(note)")
    }
  }
}

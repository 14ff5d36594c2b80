import Testing
import WeirWire

@testable import WeirClient

@Suite("What other devices do")
struct OtherDevicesTests {
  @Test("an answer that nobody here reads is announced, and its text declined")
  func announced() {
    var device = Device()
    device.connect()
    let heard = device.hear(.turnStarted(TurnStarted(turnID: 6, conversationID: "c", model: "m")))
    guard case .turnStarted(let started) = heard.news.first else {
      Issue.record("no news")
      return
    }
    #expect(started.turnID == 6 && started.model == "m")
    #expect(heard.frames.unsubscribes == [6])
  }

  @Test("following it reads from the first byte")
  func follow() {
    var device = Device()
    device.connect()
    device.hear(.turnStarted(TurnStarted(turnID: 6, conversationID: "c")))
    let id = device.session.newStreamID()
    device.session.follow(turnID: 6, from: 0, on: id)
    #expect(device.frames().subscriptions == [SubscribeTurn(turnID: 6, offset: 0)])
    device.hear(
      .subscribed(Subscribed(status: TurnStatus(turnID: 6, conversationID: "c", state: .running), offset: 0)))
    #expect(device.hear(.delta(Delta(turnID: 6, offset: 0, text: "hi"))).text(of: id) == "hi")
  }

  @Test("an own answer that begins before its ack is not lost")
  func startBeforeAck() {
    var device = Device()
    device.connect()
    let id = device.say("one")
    _ = device.frames()
    device.hear(.turnStarted(TurnStarted(turnID: 6, conversationID: "c")))
    let heard = device.hear(.ack(.durable("m1", turn: 6)))
    #expect(heard.frames.subscriptions == [SubscribeTurn(turnID: 6, offset: 0)])
    #expect(device.hear(.delta(Delta(turnID: 6, offset: 0, text: "hi"))).text(of: id) == "hi")
  }

  @Test("a second stream of the same turn is refused, and the first goes on")
  func twice() {
    var device = Device()
    device.connect()
    let first = device.begin(turn: 5)
    let second = device.session.newStreamID()
    device.session.follow(turnID: 5, from: 0, on: second)
    let effects = device.session.takeEffects()
    guard case .failed = effects.events(of: second).last else {
      Issue.record("not refused")
      return
    }
    #expect(device.hear(.delta(Delta(turnID: 5, offset: 0, text: "hi"))).text(of: first) == "hi")
  }

  @Test("messages, names and deletions are told as they come")
  func news() {
    var device = Device()
    device.connect()
    let added = MessageAdded(
      conversationID: "c", message: Message(sequence: 3, role: .user, parts: [.text("a"), .text("b")]), revision: 4)
    guard case .messageAdded("c", let message, 4) = device.hear(.messageAdded(added)).news.first else {
      Issue.record("no message")
      return
    }
    #expect(message.text == "ab" && message.role == .user)
    let changed = ConversationChanged(conversation: Conversation(id: "c", title: "T"))
    #expect(
      device.hear(.conversationChanged(changed)).news == [.conversationChanged(ChatConversation(id: "c", title: "T"))])
    #expect(
      device.hear(.conversationDeleted(ConversationDeleted(conversationID: "c"))).news == [.conversationDeleted("c")])
  }
}

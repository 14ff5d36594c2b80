import Testing
import WeirCore
import WeirWire

/// What attacks on the whole server found, in the logic alone.
@Suite struct FoundByAttackTests {
  /// A device whose connection turns out to be dead when an answer's end is sent: the core hears of it inside the call.
  private final class DyingLink: DeviceLink {
    unowned let world: World
    var device: Device?
    var sent = 0

    init(_ world: World) { self.world = world }

    var isWritable: Bool { true }
    var outstandingBytes: Int { 0 }
    func sendDelta(turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer) {}
    func flush() {}
    func close(_ reason: DeviceCloseReason) {}
    func send(_ frame: ServerFrame) {
      guard case .turnFinished? = frame.frame, let device else { return }
      sent += 1
      self.device = nil
      world.core.disconnected(device)
    }
  }

  @Test("a device that is found dead while the ends of its answers are sent leaves in order")
  func diesWhileServed() {
    let world = World()
    let link = DyingLink(world)
    link.device = world.core.connect(user: "ann", access: Access(), link: link)
    world.settle()
    let other = world.connect()
    for name in ["a", "b", "c"] {
      other.say("hi", in: name)
      if let device = link.device {
        world.core.received(
          ClientFrame(requestID: 1, frame: .openConversation(OpenConversation(conversationID: name))), from: device)
      }
      world.settle()
    }
    for index in 0..<3 { world.provider(index, .started(model: "m", endpoint: "e", isShared: false)) }
    var batch = UpstreamBatch()
    for request in world.requests {
      batch.append(text: "yes".utf8, to: request.callID)
      batch.events.append(UpstreamEvent(callID: request.callID, kind: .finished(reason: .complete, usage: nil)))
    }
    world.core.upstreamDelivered(batch)
    world.settle()
    #expect(link.sent == 1)
    #expect(other.finished.count == 3, "nobody else notices")
  }

  @Test("a title has a bound in bytes, also where one character is as long as the message")
  func longCharacter() throws {
    let world = World()
    let device = world.connect()
    device.say("a" + String(repeating: "\u{301}", count: 100_000), in: "c")
    device.say(String(repeating: "👨‍👩‍👧‍👦", count: 5000), in: "d")
    device.say("short\nand more", in: "e")
    let user = try #require(world.disk.users["ann"])
    let titles = user.conversations.mapValues(\.title)
    #expect(titles["e"] == "short")
    for title in titles.values {
      #expect((1...512).contains(title.utf8.count))
      #expect(!title.unicodeScalars.contains("\u{FFFD}"))
    }
  }

  @Test("messages that are with the journal count as waiting turns")
  func pipelined() {
    let world = World { $0.maximumWaitingTurns = 4 }
    let device = world.connect()
    device.say("first", in: "c")
    world.journalIsSlow = true
    for number in 0..<20 { device.say("more \(number)", in: "c") }
    #expect(device.errors.count == 16)
    world.journalIsSlow = false
    world.settle()
    #expect(device.acks.count == 5)
  }

  @Test("a message has a bounded number of parts")
  func manyParts() {
    let world = World()
    let device = world.connect()
    device.ask(
      .sendMessage(SendMessage(conversationID: "c", parts: [.text("x")] + Array(repeating: .text(""), count: 5000))))
    #expect(device.errors.map(\.code) == [.invalidArgument])
    #expect(world.disk.users["ann"]?.conversations.isEmpty != false)
  }

  @Test("an answer is not kept for ever for a device that grants no credit")
  func starved() {
    let world = World()
    let starved = world.connect()
    starved.ask(.hello(Hello(credit: 1)))
    starved.ask(.openConversation(OpenConversation(conversationID: "c")))
    let other = world.connect()
    other.say("hi", in: "c")
    starved.ask(.openConversation(OpenConversation(conversationID: "c")))
    world.provider(0, .started(model: "m", endpoint: "e", isShared: false))
    world.text(0, "far more than one byte")
    world.provider(0, .finished(reason: .complete, usage: nil))
    world.wait(.seconds(20))
    #expect(starved.closed == nil)
    world.wait(.seconds(120))
    #expect(starved.closed == .stalled)
    #expect(other.closed == nil)
  }

  @Test("nothing can be heard of the answers of a deleted conversation")
  func deleted() throws {
    let world = World()
    let device = world.connect()
    device.say("hi", in: "c")
    world.provider(0, .started(model: "m", endpoint: "e", isShared: false))
    world.text(0, "a secret")
    let turn = try #require(device.acks.first?.turnID)
    device.ask(.deleteConversation(DeleteConversation(conversationID: "c")))
    let late = world.connect()
    late.ask(.subscribeTurn(SubscribeTurn(turnID: turn, offset: 0)))
    #expect(late.text(turn).isEmpty)
    late.leave()
    device.leave()
    world.wait(.seconds(600))
    #expect(world.accounted == 0)
  }

  @Test(
    "usage that cannot be is not believed, and none is not free",
    arguments: [Usage(inputTokens: 1 << 53, outputTokens: 5), Usage(), Usage(inputTokens: 7, outputTokens: 1 << 40)])
  func absurdUsage(told: Usage) throws {
    let world = World()
    let device = world.connect()
    device.say("hi", in: "c")
    world.provider(0, .started(model: "m", endpoint: "e", isShared: false))
    world.text(0, String(repeating: "word ", count: 100))
    world.provider(0, .finished(reason: .complete, usage: told))
    let usage = try #require(device.finished.first?.usage)
    #expect(usage.estimated)
    #expect((50...1000).contains(usage.outputTokens))
  }
}

import Testing
import WeirCore
import WeirWire

@Suite("History and conversations") struct HistoryTests {
  @Test(
    "pages join memory and disk: every message once, in order, whatever the page size", arguments: [1, 3, 7, 50, 499])
  func pages(limit: Int) {
    let world = World()
    let device = world.connect()
    var expected: [String] = []
    for index in 0..<130 {
      device.say("q\(index)")
      world.provider(index, .begins)
      world.text(index, "a\(index)")
      world.provider(index, .finished(reason: .complete, usage: nil))
      expected += ["q\(index)", "a\(index)"]
    }
    var found: [String] = []
    var before: UInt64 = 0
    while true {
      guard
        case .historyPage(let page)? = device.ask(
          .getHistory(.init(conversationID: "c", beforeSequence: before, limit: UInt32(limit))))
      else { return #expect(Bool(false), "no page") }
      found = page.messages.map(\.text) + found
      #expect(page.messages.count <= limit)
      if !page.hasMore { break }
      before = page.messages.first?.sequence ?? 0
    }
    #expect(found == expected)
  }

  @Test("a page tells which turns wait and run") func turns() {
    let world = World()
    let device = world.connect()
    device.say("one")
    device.say("two")
    world.provider(0, .begins)
    world.text(0, "abc")
    guard case .historyPage(let page)? = device.ask(.getHistory(.init(conversationID: "c"))) else {
      return #expect(Bool(false), "no page")
    }
    #expect(page.turns.map(\.state) == [.running, .queued])
    #expect(page.turns.map(\.length) == [3, 0])
    #expect(page.messages.map(\.text) == ["one", "two"])
  }

  @Test("conversations are listed last changed first, in pages") func list() {
    let world = World()
    let device = world.connect()
    for id in ["a", "b", "c"] {
      device.ask(.openConversation(.init(conversationID: id, title: "The \(id)")))
      world.pass(.seconds(1))
    }
    device.ask(.renameConversation(.init(conversationID: "a", title: "Renamed")))
    guard case .conversationList(let first)? = device.ask(.listConversations(.init(limit: 2))) else {
      return #expect(Bool(false), "no list")
    }
    #expect(first.conversations.map(\.title) == ["Renamed", "The c"])
    guard case .conversationList(let rest)? = device.ask(.listConversations(.init(limit: 2, cursor: first.nextCursor)))
    else { return #expect(Bool(false), "no list") }
    #expect(rest.conversations.map(\.title) == ["The b"])
    #expect(rest.nextCursor.isEmpty)
  }

  @Test("a conversation is made once, and every device of the user hears of it") func open() {
    let world = World()
    let one = world.connect()
    let two = world.connect()
    guard case .conversationOpened(let made)? = one.ask(.openConversation(.init(title: "New"))),
      case .conversationOpened(let found)? = two.ask(
        .openConversation(.init(conversationID: made.conversation?.id ?? "")))
    else { return #expect(Bool(false), "no reply") }
    #expect(made.created && !found.created)
    #expect(found.conversation?.title == "New")
    let heard = two.frames.contains { if case .conversationChanged? = $0.frame { true } else { false } }
    #expect(heard)
  }

  @Test("a device follows so many conversations, and a new one takes the place of the first") func followed() {
    let world = World { $0.maximumFollowedPerDevice = 2 }
    let device = world.connect()
    for id in ["a", "b", "c"] { device.ask(.openConversation(.init(conversationID: id))) }
    let other = world.connect()
    for id in ["a", "c"] { other.say("hello", in: id) }
    #expect(device.added.map(\.conversationID) == ["c"])
  }

  @Test("messages that left memory because it was short are there again when they are wanted") func cold() {
    let world = World()
    let device = world.connect()
    device.say("one")
    world.provider(0, .begins)
    world.text(0, "first")
    world.provider(0, .finished(reason: .complete, usage: nil))
    world.pressure = .high
    world.wait(.seconds(1))
    #expect(world.accounted == 0)
    world.pressure = .none
    device.say("two")
    #expect(world.requests[1].messages.map(\.text) == ["one", "first", "two"])
    #expect(device.history().map(\.sequence) == [1, 2, 3])
    let other = world.connect()
    other.say("three")
    #expect(device.added.map(\.message?.text) == ["three"])
  }

  @Test("the first message names a conversation that has no name") func titles() {
    let world = World()
    let device = world.connect()
    device.say("How do weirs\nwork?")
    #expect(world.disk.users["ann"]?.conversations["c"]?.title == "How do weirs")
  }
}

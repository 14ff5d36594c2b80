import Testing
import WeirWire

@testable import WeirCore

@Suite("What a hello may ask for") struct HelloTests {
  private func hello(_ number: Int, count: Int = 20) -> ClientFrame {
    ClientFrame(
      frame: .hello(
        Hello(
          resume: (0..<count).map { SubscribeTurn(turnID: UInt64(1000 + number * 100 + $0)) },
          follow: (0..<count).map { "nobodys-\(number)-\($0)" })))
  }

  @Test("many hellos begin no more at once than other requests may; the others are told so, and nothing stays of them")
  func bounded() throws {
    let world = World { $0.maximumPendingRequests = 20 }
    let link = world.connect()
    let device = try #require(link.device)
    for number in 0..<50 { world.core.received(hello(number), from: device) }
    let session = try #require(world.core.sessions[ByteKey("ann")])
    #expect(session.pendingRequests == 20)
    #expect(session.conversations.count == 20)
    #expect(link.errors.count == 50)
    #expect(link.errors.allSatisfy { $0.code == .rateLimited && $0.retryable && $0.retryAfterMs > 0 })
    world.settle()
    #expect(session.pendingRequests == 0)
    #expect(session.conversations.isEmpty)
  }

  @Test("what is there is followed and resumed beside what is not")
  func mixed() throws {
    let world = World()
    let writer = world.connect()
    writer.say("hi", in: "c")
    world.provider(0, .begins)
    world.text(0, "hello")
    let reader = world.connect()
    let frame = ClientFrame.Kind.hello(
      Hello(resume: [SubscribeTurn(turnID: 77), SubscribeTurn(turnID: 1, offset: 2)], follow: ["nobodys", "c"]))
    guard case .welcome(let welcome)? = reader.ask(frame) else { return #expect(Bool(false)) }
    #expect(welcome.resumed.map(\.state) == [.unknown, .running])
    #expect(reader.text(1).hasSuffix("llo"))
    #expect(reader.errors.isEmpty)
    let session = try #require(world.core.sessions[ByteKey("ann")])
    #expect(session.conversations.keys.sorted() == ["c"])
    writer.say("more", in: "c", onConflict: .interrupt)
    #expect(reader.added.map(\.message?.sequence) == [3])
  }

  @Test("as many devices as allowed, and one more is sent away")
  func devices() {
    let world = World { $0.maximumDevicesPerUser = 2 }
    let devices = (0..<3).map { _ in world.connect() }
    #expect(devices.map { $0.closed == nil } == [true, true, false])
    #expect(world.connect("bob").closed == nil)
  }
}

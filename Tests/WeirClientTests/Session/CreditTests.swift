import Testing
import WeirWire

@testable import WeirClient

@Suite("Credit")
struct CreditTests {
  @Test("what is read is granted again in quarters of the window")
  func quarters() {
    var window = CreditWindow(window: 100)
    window.received(60)
    #expect(window.consumed(24) == 0)
    #expect(window.consumed(1) == 25)
    #expect(window.unread == 35)
  }

  @Test("a new connection may take what the window has room for, and never says 0, which means no limit")
  func reset() {
    var window = CreditWindow(window: 100)
    #expect(window.reset() == 100)
    window.received(70)
    #expect(window.reset() == 30)
    window.received(40)
    #expect(window.reset() == 1)
    var none = CreditWindow(window: 0)
    none.received(70)
    #expect(none.reset() == 0 && none.consumed(70) == 0)
  }

  @Test("text that is thrown away is granted like text that is read")
  func refunds() {
    var device = Device { $0.credit = 40 }
    #expect(device.connect().hello?.credit == 40)
    _ = device.begin(turn: 5)
    device.hear(.delta(Delta(turnID: 5, offset: 0, text: "0123456789")))
    // A repetition of the same ten bytes: they were sent, so they count.
    #expect(device.hear(.delta(Delta(turnID: 5, offset: 0, text: "0123456789"))).frames.grants == [10])
    // A turn that nobody here reads: declined once, refunded always.
    let foreign = device.hear(.delta(Delta(turnID: 6, offset: 0, text: "0123456789"))).frames
    #expect(foreign.unsubscribes == [6] && foreign.grants == [10])
    #expect(device.hear(.delta(Delta(turnID: 6, offset: 10, text: "0123456789"))).frames.unsubscribes.isEmpty)
  }

  @Test("reading grants, and dropping a stream grants what was not read and declines the rest")
  func readAndDrop() {
    var device = Device { $0.credit = 40 }
    device.connect()
    let id = device.begin(turn: 5)
    device.hear(.delta(Delta(turnID: 5, offset: 0, text: "01234567890123456789")))
    device.session.consumed(10)
    #expect(device.frames().grants == [10])
    device.session.abandon(id, unread: 10)
    let frames = device.frames()
    #expect(frames.grants == [10] && frames.unsubscribes == [5])
    #expect(device.hear(.turnFinished(TurnFinished(turnID: 5, length: 20))).isEmpty)
  }

  @Test("a message whose stream was dropped is still sent until it is acknowledged")
  func abandonedMessage() {
    var device = Device()
    device.connect()
    let id = device.say("one")
    device.session.abandon(id, unread: 0)
    _ = device.lose()
    #expect(device.connect().messages.count == 1)
    #expect(device.hear(.ack(.durable("m1", turn: 5))).frames.unsubscribes == [5])
    _ = device.lose()
    let sent = device.connect()
    #expect(sent.messages.isEmpty && sent.hello?.resume == [])
  }

  @Test("without credit the socket is read no further past a limit, and again at half of it")
  func backpressure() {
    var device = Device()
    #expect(device.connect().hello?.credit == 0)
    _ = device.begin(turn: 5)
    let piece = String(repeating: "x", count: Session.maximumUnreadBytes + 1)
    let full = device.hear(.delta(Delta(turnID: 5, offset: 0, text: piece)))
    #expect(full.contains { if case .setReading(false) = $0 { true } else { false } })
    device.session.consumed(100)
    #expect(device.session.takeEffects().isEmpty)
    device.session.consumed(Session.maximumUnreadBytes / 2)
    #expect(device.session.takeEffects().contains { if case .setReading(true) = $0 { true } else { false } })
  }
}

import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocket

@Suite struct TimerWheelTests {
  private final class Member: TimerWheelMember {
    var wheelPlace: TimerWheel.Place?
    var fired: [NIODeadline] = []
    var next: (NIODeadline) -> NIODeadline? = { _ in nil }

    func wheelFired(at now: NIODeadline) -> NIODeadline? {
      fired.append(now)
      return next(now)
    }
  }

  private let loop = EmbeddedEventLoop()

  @Test("a member fires once, within a tick and a bit of its deadline, never early")
  func fires() {
    let wheel = TimerWheel(eventLoop: loop)
    let members = (0..<400).map { _ in Member() }
    for (index, member) in members.enumerated() {
      wheel.schedule(member, by: loop.now + .milliseconds(Int64(index) * 37))
    }
    let start = loop.now
    for _ in 0..<2000 { loop.advanceTime(by: .milliseconds(10)) }
    for (index, member) in members.enumerated() {
      #expect(member.fired.count == 1)
      let late = ((member.fired.first ?? .distantFuture) - start).nanoseconds / 1_000_000 - Int64(index) * 37
      #expect(late >= 0 && late <= 200)
    }
  }

  @Test("an earlier deadline replaces a later one, a later one does not")
  func moves() {
    let wheel = TimerWheel(eventLoop: loop)
    let member = Member()
    wheel.schedule(member, by: loop.now + .seconds(20))
    wheel.schedule(member, by: loop.now + .seconds(2))
    wheel.schedule(member, by: loop.now + .seconds(30))
    loop.advanceTime(by: .seconds(3))
    #expect(member.fired.count == 1)
    loop.advanceTime(by: .seconds(40))
    #expect(member.fired.count == 1)
  }

  @Test("a removed member never fires, and its neighbours do")
  func removes() {
    let wheel = TimerWheel(eventLoop: loop)
    let members = (0..<10).map { _ in Member() }
    for member in members { wheel.schedule(member, by: loop.now + .seconds(5)) }
    for index in [0, 9, 4, 4, 5] { wheel.remove(members[index]) }
    loop.advanceTime(by: .seconds(6))
    #expect(members.map(\.fired.count) == [0, 1, 1, 1, 0, 0, 1, 1, 1, 0])
  }

  @Test("a deadline past the wheel's turn is kept by asking again")
  func farDeadline() {
    let wheel = TimerWheel(eventLoop: loop)
    let member = Member()
    let deadline = loop.now + .seconds(500)
    member.next = { now in now < deadline ? deadline : nil }
    wheel.schedule(member, by: deadline)
    loop.advanceTime(by: .seconds(499))
    #expect(member.wheelPlace != nil)
    loop.advanceTime(by: .seconds(2))
    #expect(member.wheelPlace == nil)
    #expect(member.fired.last.map { $0 >= deadline } == true)
  }

  @Test("members may remove each other and schedule again while firing")
  func reentrant() {
    let wheel = TimerWheel(eventLoop: loop)
    let (first, second) = (Member(), Member())
    first.next = { now in
      wheel.remove(second)
      return now + .seconds(1)
    }
    for member in [first, second] { wheel.schedule(member, by: loop.now + .seconds(1)) }
    loop.advanceTime(by: .seconds(2))
    #expect(second.fired.isEmpty)
    #expect(first.fired.count == 1)
    loop.advanceTime(by: .seconds(2))
    #expect(first.fired.count >= 2)
    wheel.remove(first)
  }
}

import Testing
import WeirCore
import WeirWire

@Suite("Streaming") struct StreamTests {
  private func running(_ configure: (inout ShardSettings) -> Void = { _ in }) -> (World, TestDevice) {
    let world = World(configure)
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    return (world, device)
  }

  @Test("a device that cannot take more is sent nothing, and catches up in one bigger delta") func slow() {
    let (world, device) = running()
    world.text(0, "one ")
    device.isWritable = false
    for word in ["two ", "three ", "four "] { world.text(0, word) }
    #expect(device.text(1) == "one ")
    device.isWritable = true
    if let inner = device.device { world.core.deviceWritable(inner) }
    world.settle()
    #expect(device.text(1) == "one two three four ")
    #expect(device.deltas.count == 2)
  }

  @Test("a slow device does not hold back a fast one") func independent() {
    let (world, slow) = running()
    let fast = world.connect()
    fast.ask(.openConversation(.init(conversationID: "c")))
    slow.isWritable = false
    world.text(0, "text")
    #expect(fast.text(1) == "text")
    #expect(slow.text(1).isEmpty)
  }

  @Test("nothing holds a device that has gone, once what it asked for has ended") func letGo() {
    let (world, link) = running()
    world.text(0, "text")
    weak let device = link.device
    if let device { world.core.disconnected(device) }
    link.device = nil
    #expect(device != nil, "its turn would answer it")
    world.provider(0, .finished(reason: .complete, usage: nil))
    #expect(device == nil)
  }

  @Test("credit is never exceeded, and characters are never cut") func credit() {
    let world = World()
    let device = world.connect()
    device.ask(.hello(.init(credit: 5)))
    device.say("hello")
    world.provider(0, .begins)
    world.text(0, "ab\u{1F600}cd")
    #expect(device.text(1) == "ab")
    device.ask(.grantCredit(.init(bytes: 1)))
    #expect(device.text(1) == "ab\u{1F600}")
    device.ask(.grantCredit(.init(bytes: 100)))
    world.provider(0, .finished(reason: .complete, usage: nil))
    #expect(device.text(1) == "ab\u{1F600}cd")
    #expect(device.finished.count == 1)
  }

  @Test("the end waits until the device has all text") func endLast() {
    let (world, device) = running()
    device.isWritable = false
    world.text(0, "text")
    world.provider(0, .finished(reason: .complete, usage: nil))
    #expect(device.finished.isEmpty)
    device.isWritable = true
    if let inner = device.device { world.core.deviceWritable(inner) }
    world.settle()
    #expect(device.text(1) == "text")
    #expect(device.finished.count == 1)
  }

  @Test("a device that comes back resumes at its offset, without gap or double") func resume() {
    let (world, device) = running()
    world.text(0, "Hello, ")
    device.leave()
    world.text(0, "wörld")
    let back = world.connect()
    back.ask(.hello(.init(resume: [.init(turnID: 1, offset: 7)])))
    #expect(back.text(1) == "wörld")
    #expect(back.deltas.map(\.offset) == [7])
    world.text(0, "!")
    world.provider(0, .finished(reason: .complete, usage: nil))
    #expect(back.text(1) == "wörld!")
    #expect(back.finished.map(\.length) == [14])
  }

  @Test("a device that opens a conversation in mid-answer gets the answer from its beginning") func joins() {
    let (world, _) = running()
    world.text(0, "so far ")
    let late = world.connect()
    late.ask(.openConversation(.init(conversationID: "c")))
    world.text(0, "and on")
    #expect(late.text(1) == "so far and on")
    #expect(late.gaps.isEmpty)
  }

  @Test("an offset inside a character or beyond the end is moved back to where text can begin") func oddOffsets() {
    let (world, _) = running()
    world.text(0, "aöb")
    let back = world.connect()
    guard case .subscribed(let inside)? = back.ask(.subscribeTurn(.init(turnID: 1, offset: 2))) else {
      return #expect(Bool(false), "no reply")
    }
    #expect(inside.offset == 1)
    guard case .subscribed(let beyond)? = back.ask(.subscribeTurn(.init(turnID: 1, offset: .max))) else {
      return #expect(Bool(false), "no reply")
    }
    #expect(beyond.offset == 4)
  }

  @Test("when the log is gone the finished message comes instead, and says so") func logGone() {
    let (world, device) = running()
    world.text(0, "whole")
    world.provider(0, .finished(reason: .complete, usage: nil))
    world.wait(.seconds(31))
    guard case .subscribed(let reply)? = device.ask(.subscribeTurn(.init(turnID: 1))) else {
      return #expect(Bool(false), "no reply")
    }
    #expect(reply.status?.state == .finished)
    #expect(reply.message?.text == "whole")
    guard case .subscribed(let unknown)? = device.ask(.subscribeTurn(.init(turnID: 99))) else {
      return #expect(Bool(false), "no reply")
    }
    #expect(unknown.status?.state == .unknown)
  }

  @Test("bytes sent per answer grow with its length, whatever the size of its pieces") func linear() {
    let (world, device) = running()
    for _ in 0..<2000 { world.text(0, "word ") }
    #expect(device.deltas.map(\.bytes).reduce(0, +) == 10_000)
    #expect(world.accounted >= 10_000)
  }

  @Test("memory that was accounted is given back when the answer's log goes") func accounting() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    world.text(0, String(repeating: "x", count: 5000))
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.leave()
    world.wait(.seconds(31))
    world.wait(.seconds(61))
    world.wait(.seconds(1))
    #expect(world.accounted == 0)
  }

  @Test("if memory stays short, the longest answer is ended with its text kept, until there is room") func memory() {
    let (world, device) = running()
    device.say("more", in: "d")
    world.provider(1, .begins)
    world.text(0, "short")
    world.pressure = .high
    world.text(1, "much longer")
    world.wait(.seconds(2))
    #expect(device.failed.isEmpty)
    world.wait(.milliseconds(1500))
    #expect(device.failed.map(\.error?.code) == [.overloaded])
    #expect(world.disk.messages("ann", "d").last?.text == "much longer")
    world.pressure = .none
    world.wait(.seconds(9))
    #expect(device.failed.count == 1)
  }

  @Test("if memory stays short and no answer has text, the turn whose conversation holds most is ended")
  func fullOfTails() {
    let world = World()
    let device = world.connect()
    device.say("short", in: "c")
    device.say("a much longer question", in: "d")
    world.provider(0, .begins)
    world.provider(1, .begins)
    world.pressure = .high
    world.wait(.seconds(5))
    #expect(device.failed.first?.error?.code == .overloaded)
    #expect(device.failed.first?.conversationID == "d")
  }

  @Test("a device that takes nothing for too long is sent away; one that takes a little is not") func stall() {
    let (world, device) = running { $0.stallLimit = .seconds(10) }
    let trickle = world.connect()
    trickle.ask(.openConversation(.init(conversationID: "c")))
    for link in [device, trickle] {
      link.isWritable = false
      link.outstandingBytes = 50_000
    }
    world.text(0, "text")
    for _ in 0..<12 {
      trickle.outstandingBytes -= 100
      world.wait(.seconds(1))
    }
    #expect(device.closed == .stalled)
    #expect(trickle.closed == nil)
  }

  @Test("under load sweeps gather: at most one write per device and sweep") func pacing() {
    var pacer = FlushPacer(maximumPause: .milliseconds(8))
    let start = MonotonicTime(nanoseconds: 1_000_000)
    #expect(pacer.next(at: start) == nil)
    pacer.swept(from: start, to: start + .milliseconds(3))
    #expect(pacer.next(at: start + .milliseconds(4)) == start + .milliseconds(6))
    #expect(pacer.next(at: start + .milliseconds(6)) == nil)
    pacer.swept(from: start, to: start + .milliseconds(100))
    #expect(pacer.next(at: start + .milliseconds(107)) == start + .milliseconds(108))
  }

  @Test("a device whose token has run out is sent away") func expiry() {
    let world = World()
    let link = TestDevice(world: world)
    link.device = world.core.connect(user: "ann", link: link, expiresAtMs: world.wallClockMs + 5000)
    world.wait(.seconds(4))
    #expect(link.closed == nil)
    world.wait(.seconds(2))
    #expect(link.closed == .tokenExpired)
  }

  @Test("a user has at most so many devices") func deviceLimit() {
    let world = World { $0.maximumDevicesPerUser = 2 }
    let first = world.connect()
    _ = world.connect()
    #expect(world.connect().closed == .tooManyDevices(limit: 2))
    first.leave()
    #expect(world.connect().closed == nil)
  }
}

import NIOCore

/// Something with a deadline that its loop's ``TimerWheel`` watches.
protocol TimerWheelMember: AnyObject {
  /// Where the wheel keeps it; the wheel alone changes this.
  var wheelPlace: TimerWheel.Place? { get set }

  /// Called at or after the deadline asked for. Returns the next one, or `nil` when there is none.
  func wheelFired(at now: NIODeadline) -> NIODeadline?
}

/// One timer for all connections of an event loop. A member has one deadline; moving it later costs nothing, because a
/// member that fires early simply returns the true deadline. Precision is one tick; 16 bytes per member.
final class TimerWheel {
  struct Place {
    fileprivate var slot: Int32
    fileprivate var index: Int32
    fileprivate var tick: Int64
  }

  static let tickNanoseconds: Int64 = 100_000_000
  /// Deadlines further off than one turn of the wheel (51 s) are looked at once per turn.
  private static let slotCount: Int64 = 512

  private let eventLoop: any EventLoop
  private var slots: [[any TimerWheelMember]]
  private var count = 0
  private var alarm: Scheduled<Void>?
  private var alarmTick = Int64.max

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
    slots = Array(repeating: [], count: Int(Self.slotCount))
  }

  deinit { alarm?.cancel() }

  /// Makes sure that `member` fires no later than one tick after `deadline`. An earlier deadline it already has stays.
  func schedule(_ member: any TimerWheelMember, by deadline: NIODeadline) {
    let now = Self.tick(of: eventLoop.now)
    let wanted = min(max(Self.tick(of: deadline) + 1, now + 1), now + Self.slotCount - 1)
    if let place = member.wheelPlace {
      guard wanted < place.tick else { return }
      remove(member)
    }
    let slot = Int(wanted % Self.slotCount)
    member.wheelPlace = Place(slot: Int32(slot), index: Int32(slots[slot].count), tick: wanted)
    slots[slot].append(member)
    count += 1
    setAlarm(at: wanted)
  }

  /// Forgets `member` at once.
  func remove(_ member: any TimerWheelMember) {
    guard let place = member.wheelPlace else { return }
    member.wheelPlace = nil
    let slot = Int(place.slot)
    let last = slots[slot].removeLast()
    if Int(place.index) < slots[slot].count {
      slots[slot][Int(place.index)] = last
      last.wheelPlace?.index = place.index
    }
    if slots[slot].isEmpty { slots[slot] = [] }  // Gives a burst's memory back.
    count -= 1
    if count == 0 {
      alarm?.cancel()
      alarm = nil
      alarmTick = .max
    }
  }

  private func setAlarm(at tick: Int64) {
    guard tick < alarmTick else { return }
    alarm?.cancel()
    alarmTick = tick
    let deadline = NIODeadline.uptimeNanoseconds(UInt64(tick * Self.tickNanoseconds))
    // The wheel is alive whenever its alarm can ring: `deinit` cancels it. Weak all the same, to leave no cycle.
    alarm = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
      self?.ring()
    }
  }

  private func ring() {
    alarm = nil
    let now = eventLoop.now
    let nowTick = Self.tick(of: now)
    var tick = alarmTick
    alarmTick = .max
    // A stalled loop may be late by more than a turn; one turn visits every slot.
    if nowTick - tick >= Self.slotCount { tick = nowTick - Self.slotCount + 1 }
    while tick <= nowTick {
      fire(slot: Int(tick % Self.slotCount), upTo: nowTick, now)
      tick += 1
    }
    guard count > 0, let next = (nowTick + 1..<nowTick + Self.slotCount).first(where: { isOccupied($0) }) else {
      return
    }
    setAlarm(at: next)
  }

  private func isOccupied(_ tick: Int64) -> Bool { !slots[Int(tick % Self.slotCount)].isEmpty }

  private func fire(slot: Int, upTo nowTick: Int64, _ now: NIODeadline) {
    guard !slots[slot].isEmpty else { return }
    // A member may remove itself or others while it is called, so each is looked up again.
    let due = slots[slot].filter { ($0.wheelPlace?.tick ?? .max) <= nowTick }
    for member in due where member.wheelPlace != nil {
      remove(member)
      if let next = member.wheelFired(at: now) { schedule(member, by: next) }
    }
  }

  private static func tick(of deadline: NIODeadline) -> Int64 {
    Int64(clamping: deadline.uptimeNanoseconds) / tickNanoseconds
  }
}

/// A shard's sessions in groups that are looked after one behind the other, all of them once in a round. All at once would
/// hold up every answer of the shard, twice a second and for longer the more there are.
struct SessionRounds {
  private static let groupCount = 16

  /// How long a round takes.
  private let length: Interval
  private var groups = [[Session]](repeating: [], count: groupCount)
  private var count = 0
  private var next = 0
  private var nextAt = MonotonicTime.zero

  init(length: Interval) { self.length = length }

  var isEmpty: Bool { count == 0 }

  private var pause: Interval { Interval(nanoseconds: max(1, length.nanoseconds / UInt64(Self.groupCount))) }

  /// Takes a session in. It stays until its group's turn after it has been dismissed.
  mutating func insert(_ session: Session) {
    var smallest = 0
    for index in groups.indices where groups[index].count < groups[smallest].count { smallest = index }
    groups[smallest].append(session)
    count += 1
  }

  /// When something is to be done next. After a time without rounds the first one begins a round's length from now.
  mutating func nextVisit(now: MonotonicTime) -> MonotonicTime {
    if nextAt + length <= now { (next, nextAt) = (0, now + length) }
    var time = nextAt
    // The first group stands for the round, and has its moment also when it is empty.
    for offset in 0..<Self.groupCount {
      let index = (next + offset) % Self.groupCount
      if index == 0 || !groups[index].isEmpty { return time }
      time = time + pause
    }
    return time
  }

  /// The groups that are due, in order, each once; group 0 begins a round.
  mutating func due(now: MonotonicTime) -> [Int] {
    var due: [Int] = []
    while nextAt <= now, due.count < Self.groupCount {
      due.append(next)
      next = (next + 1) % Self.groupCount
      nextAt = nextAt + pause
    }
    // Late by more than a round: what was left out is not made up for.
    if nextAt <= now { nextAt = now + pause }
    return due
  }

  /// The sessions of a group. Those that have been dismissed leave it.
  mutating func members(of group: Int) -> [Session] {
    let before = groups[group].count
    groups[group].removeAll { $0.isDismissed }
    count -= before - groups[group].count
    return groups[group]
  }
}

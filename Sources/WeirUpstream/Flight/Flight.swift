internal import WeirCore

/// One call to a provider that several equal calls share. What has come is kept, so that who joins late gets all of it.
final class Flight {
  /// A call that shares it.
  struct Member {
    let callID: CallID
    let shard: Int
    /// The one it was begun for: it pays.
    let isFirst: Bool
  }

  let key: [UInt8]
  /// Names the shared call. Shards never give this id: theirs have a count of uses, from 1 on, where this has 0.
  let callID: CallID
  let lane: Int
  private(set) var members: [Member] = []
  /// The end has come, and it was a good one.
  private(set) var isWhole = false
  private(set) var hasStarted = false
  /// All that has happened, and all text.
  private(set) var record = UpstreamBatch()

  init(key: [UInt8], callID: CallID, lane: Int) {
    self.key = key
    self.callID = callID
    self.lane = lane
  }

  func add(_ member: Member) { members.append(member) }

  /// True if the member was aboard.
  func remove(_ callID: CallID) -> Bool {
    guard let index = members.firstIndex(where: { $0.callID == callID }) else { return false }
    members.remove(at: index)
    return true
  }

  /// Notes an event. News of waiting is for those who wait now, and news of cost for the one who pays.
  func note(_ kind: UpstreamEvent.Kind) {
    switch kind {
    case .queued, .sent: return
    case .started: hasStarted = true
    case .finished: isWhole = true
    default: break
    }
    record.events.append(UpstreamEvent(callID: callID, kind: kind))
  }

  /// Lets `write` add to the record.
  func write<Result>(_ write: (inout UpstreamBatch) -> Result) -> Result { write(&record) }

  /// The event as one member is told it.
  static func event(_ kind: UpstreamEvent.Kind, for member: Member) -> UpstreamEvent.Kind {
    guard case .started(let model, let endpoint, _) = kind else { return kind }
    return .started(model: model, endpoint: endpoint, isShared: !member.isFirst)
  }
}

internal import WeirCore

/// One call to a provider that several equal calls share. What has come is kept, so that who joins late gets all of it.
final class Flight {
  /// A call that shares it.
  struct Member {
    let callID: CallID
    let shard: Int
    /// It pays: the one it was begun for, or after that has left, the next.
    var isFirst: Bool
  }

  let key: [UInt8]
  /// Names the shared call. Shards never give this id: theirs have a count of uses, from 1 on, where this has 0.
  let callID: CallID
  let lane: Int
  private(set) var members: [Member] = []
  /// The end has come, and it was a good one.
  private(set) var isWhole = false
  private(set) var hasStarted = false
  /// It may have cost something.
  private(set) var isSent = false
  /// All that has happened, and all text.
  private(set) var record = UpstreamBatch()

  init(key: [UInt8], callID: CallID, lane: Int) {
    self.key = key
    self.callID = callID
    self.lane = lane
  }

  var payer: Member? { members.first { $0.isFirst } }

  func add(_ member: Member) { members.append(member) }

  /// True if the member was aboard. Somebody pays as long as there is anybody.
  func remove(_ callID: CallID) -> Bool {
    guard let index = members.firstIndex(where: { $0.callID == callID }) else { return false }
    if members.remove(at: index).isFirst, !members.isEmpty { members[0].isFirst = true }
    return true
  }

  /// Notes an event. News of waiting is for those who wait now, and news of cost for the one who pays.
  func note(_ kind: UpstreamEvent.Kind) {
    switch kind {
    case .queued, .pays: return
    case .sent:
      isSent = true
      return
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

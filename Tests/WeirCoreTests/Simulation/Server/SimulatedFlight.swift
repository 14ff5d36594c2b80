import WeirCore

/// A call to a provider that several equal calls share, and all that has happened to it, for those who join late.
final class SimulatedFlight {
  struct Member {
    let callID: CallID
    let shard: Int
    let isFirst: Bool
  }

  enum Happening {
    case event(UpstreamEvent.Kind)
    case text([UInt8])
  }

  let callID: CallID
  let request: UpstreamRequest
  var members: [Member]
  private(set) var record: [Happening] = []
  private(set) var hasStarted = false
  var isOver = false

  init(callID: CallID, request: UpstreamRequest) {
    self.callID = callID
    self.request = request
    members = [Member(callID: request.callID, shard: request.shard, isFirst: true)]
  }

  var lane: Int { request.lane }

  /// News of waiting is for those who wait now.
  func note(_ happening: Happening) {
    switch happening {
    case .event(.queued), .event(.sent): return
    default: break
    }
    if case .event(.started) = happening { hasStarted = true }
    record.append(happening)
  }
}

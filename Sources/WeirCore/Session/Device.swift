import WeirWire

/// One live connection of a user, as its shard sees it. Confined to the shard.
package final class Device {
  /// The way out.
  package let link: any DeviceLink
  /// The session of the device's user; nil once the device has gone.
  var session: Session?
  /// Bytes of text the device will still take; nil: as much as its socket takes.
  var credit: UInt64?
  /// The conversations whose news it gets, first followed first.
  var follows: [ConversationID] = []
  /// The answers it is being sent.
  var subscriptions: [Subscription] = []
  /// It stands in the shard's list of devices to serve at the next sweep.
  var isDirty = false
  /// When its token runs out, on the wall clock; nil: never.
  let expiresAtMs: UInt64?
  /// What its token allows.
  let access: Access
  /// The trace its requests belong to (W3C Trace Context); empty: none.
  let traceparent: String
  /// It is a caller of the HTTP API: it hears of the one answer it asked for, which ends with it.
  let isDirect: Bool
  /// Since when it has been given nothing although text waits, because it grants no credit.
  var starvedSince: MonotonicTime?
  /// Since when its socket has taken nothing although text waits, and how much lay in the socket then.
  var blocked: (since: MonotonicTime, unsent: Int)?

  init(
    link: any DeviceLink, session: Session, access: Access, expiresAtMs: UInt64? = nil, credit: UInt64? = nil,
    traceparent: String = "", isDirect: Bool = false
  ) {
    self.link = link
    self.session = session
    self.access = access
    self.expiresAtMs = expiresAtMs
    self.credit = credit
    self.traceparent = traceparent
    self.isDirect = isDirect
  }

  var isConnected: Bool { session != nil }

  /// Whether any text or ending waits for it.
  var hasBacklog: Bool {
    subscriptions.contains { $0.cursor < $0.turn.log.count || $0.turn.ending != nil }
  }
}

/// A device's place in one answer (rule 4): all text before `cursor` has been sent to it.
final class Subscription {
  /// Holds it although it holds this: `ShardCore.disconnected` breaks the circle. A reference that had to be checked would
  /// cost each token more.
  let device: Device
  let turn: Turn
  var cursor: Int

  init(device: Device, turn: Turn, cursor: Int) {
    self.device = device
    self.turn = turn
    self.cursor = cursor
  }
}

/// Where the reply to a request goes, if the device is still there when it is known.
struct Reply {
  /// Held, not weak: an object that was ever held weakly counts its references the slow way for as long as it lives, and
  /// devices are counted for each token. What has gone is small, and goes with the request.
  private let asker: Device?
  let requestID: UInt64
  /// What the asker may use, also when it has gone.
  let access: Access
  let traceparent: String

  init(device: Device?, requestID: UInt64) {
    asker = device
    self.requestID = requestID
    access = device?.access ?? Access()
    traceparent = device?.traceparent ?? ""
  }

  /// Who asked; nil: it has gone, or nobody did.
  var device: Device? { asker?.isConnected == true ? asker : nil }
}

import NIOCore

/// Where the requests of new connections wait when many come at once. To let one in takes a hundred times as long as to
/// read a message: a round of the loop that lets in a thousand would hold up for a tenth of a second whoever is in.
/// Confined to the loop.
final class NewcomerQueue {
  /// So many are let in without a look at who else wants something.
  private static let atOnce = 16
  /// Later ones, of a queue, for so long or for this part of a round, whichever is longer: a busy loop has few rounds.
  private static let shift = TimeAmount.microseconds(500)
  private static let part: Int64 = 4
  /// Those that come so far apart are no crowd.
  private static let pause = TimeAmount.milliseconds(1)
  /// Not zero: a task that is due at once is run before the loop looks at its connections.
  private static let breath = TimeAmount.microseconds(50)

  private let eventLoop: any EventLoop
  private var queue = CircularBuffer<UpgradeHandler>()
  private var letIn = 0
  private var since = NIODeadline.uptimeNanoseconds(0)

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// Whether `handler` may go on now. Otherwise `resume()` is called on it later, even if its channel has closed.
  func admits(_ handler: UpgradeHandler) -> Bool {
    let now = eventLoop.now
    if queue.isEmpty {
      if now - since > Self.pause { (since, letIn) = (now, 0) }
      letIn += 1
      if letIn <= Self.atOnce { return true }
      since = now
      goOnLater()
    }
    queue.append(handler)
    return false
  }

  private func goOnLater() {
    // The loop keeps the task, and with it the queue and the handlers.
    eventLoop.assumeIsolated().scheduleTask(in: Self.breath) { self.goOn() }
  }

  private func goOn() {
    let start = eventLoop.now
    let end = start + max(Self.shift, .nanoseconds((start - since).nanoseconds / Self.part))
    repeat { queue.popFirst()?.resume() } while !queue.isEmpty && eventLoop.now < end
    // Who comes right behind the last of a queue waits too.
    letIn = Self.atOnce
    since = eventLoop.now
    if !queue.isEmpty { goOnLater() }
  }
}

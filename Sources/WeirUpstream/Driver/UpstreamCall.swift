import CCurl
internal import WeirCore

/// One call on the upstream thread, from its submission until its slot is free again.
final class UpstreamCall {
  /// Who works on it.
  enum Work {
    case waiting
    case chat(ChatRun)
    case demo(DemoRun)
  }

  let callID: CallID
  let shard: Int
  let endpoint: Endpoint
  /// Kept until the call starts.
  var request: UpstreamRequest?
  var work = Work.waiting
  var startedAt = MonotonicTime.zero
  /// The time of its earliest entry in the heap.
  var armedAt: MonotonicTime?
  /// Whether the user knows the end; then only the connection is left.
  var isTold = false
  var hasText = false

  init(_ request: UpstreamRequest, endpoint: Endpoint) {
    callID = request.callID
    shard = request.shard
    self.request = request
    self.endpoint = endpoint
  }

  /// When it is to be looked at; nil: it waits for a slot.
  var deadline: MonotonicTime? {
    switch work {
    case .waiting: nil
    case .chat(let run): run.machine.deadline
    case .demo(let run): run.machine.deadline
    }
  }
}

/// A call to the demo model.
final class DemoRun {
  var machine: DemoCall

  init(_ machine: DemoCall) {
    self.machine = machine
  }
}

/// A call over HTTP: joins the transfer, which does I/O, with the machine, which decides.
final class ChatRun: TransferReceiver {
  var machine: ChatCall
  var transfer: CurlTransfer?
  /// The transfer must be cut as soon as libcurl is not at work on it.
  var isAborted = false
  /// The call and the loop hold this run, and let go of it only after the transfer was removed.
  private unowned let call: UpstreamCall
  private unowned let loop: UpstreamLoop

  init(_ machine: ChatCall, call: UpstreamCall, loop: UpstreamLoop) {
    self.machine = machine
    self.call = call
    self.loop = loop
  }

  func received(_ bytes: Span<UInt8>, of transfer: CurlTransfer) -> TransferVerdict {
    loop.received(bytes, of: transfer, self, call)
  }

  func ended(_ transfer: CurlTransfer, _ code: CURLcode) {
    loop.ended(transfer, code, self, call)
  }
}

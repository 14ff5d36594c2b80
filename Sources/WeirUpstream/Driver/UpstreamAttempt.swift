import CCurl
internal import WeirCore

/// One attempt of a call at one endpoint, until its connection is free or closed.
final class UpstreamAttempt {
  /// Who works on it. References: what changes with each token changes in place.
  enum Work {
    case chat(ChatRun)
    case demo(DemoRun)
  }

  let id: AttemptID
  let call: UpstreamCall
  let endpoint: Endpoint
  let startedAt: MonotonicTime
  var work: Work?
  /// The time of its earliest entry in the heap.
  var armedAt: MonotonicTime?
  var hasHead = false
  /// Its answer is the one that its user gets.
  var isAnswered = false
  /// The user knows the end; then only the connection is left.
  var isTold = false
  /// The gateway knows the end.
  var isReported = false
  /// What it cost, as the provider counts.
  var tokens: Int?

  init(_ id: AttemptID, _ call: UpstreamCall, _ endpoint: Endpoint, now: MonotonicTime) {
    self.id = id
    self.call = call
    self.endpoint = endpoint
    startedAt = now
  }

  /// When it is to be looked at.
  var deadline: MonotonicTime? {
    switch work {
    case .chat(let run): run.machine.deadline
    case .demo(let run): run.machine.deadline
    case nil: nil
    }
  }

  var deltas: Int {
    switch work {
    case .chat(let run): run.machine.deltas
    case .demo(let run): run.machine.deltas
    case nil: 0
    }
  }
}

/// An attempt that the built-in model answers.
final class DemoRun {
  var machine: DemoCall

  init(_ machine: DemoCall) {
    self.machine = machine
  }
}

/// An attempt over HTTP: joins the transfer, which does I/O, with the machine, which decides.
final class ChatRun: TransferReceiver {
  var machine: ChatCall
  var transfer: CurlTransfer?
  /// The transfer must be cut as soon as libcurl is not at work on it.
  var isAborted = false
  /// Held although they hold this: `UpstreamLoop.release` breaks the circle, and it comes for every attempt. A reference
  /// that had to be checked would cost each token more.
  private let attempt: UpstreamAttempt
  private let loop: UpstreamLoop

  init(_ machine: ChatCall, attempt: UpstreamAttempt, loop: UpstreamLoop) {
    self.machine = machine
    self.attempt = attempt
    self.loop = loop
  }

  func received(_ bytes: Span<UInt8>, of transfer: CurlTransfer) -> TransferVerdict {
    loop.received(bytes, of: transfer, self, attempt)
  }

  func ended(_ transfer: CurlTransfer, _ code: CURLcode) {
    loop.ended(transfer, code, self, attempt)
  }
}

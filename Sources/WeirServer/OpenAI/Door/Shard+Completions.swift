import WeirCore

/// Calls of the HTTP API run on the shard of their user, as its devices do.
extension Shard: CompletionHost {
  nonisolated func begin(_ call: DirectCall, for caller: Caller, _ link: CompletionLink) {
    link.device = onLoop { $0.complete(call, user: caller.user, access: caller.access, link: link) }
  }

  nonisolated func writable(_ link: CompletionLink) {
    guard let device = link.device else { return }
    onLoop { $0.deviceWritable(device) }
  }

  nonisolated func end(_ link: CompletionLink) {
    guard let device = link.device else { return }
    // Link and device hold each other until now.
    link.device = nil
    onLoop { $0.disconnected(device) }
  }
}

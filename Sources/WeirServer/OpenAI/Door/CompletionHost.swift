import NIOCore
import WeirCore

/// Who a call is for, and what that user may use.
struct Caller: Sendable, Equatable {
  var user: UserID
  var access: Access

  init(user: UserID, access: Access = Access()) {
    self.user = user
    self.access = access
  }
}

/// The shard of a user, as the front door sees it. All but `eventLoop` is called on that loop.
protocol CompletionHost: Sendable {
  /// Where the user's calls live.
  var eventLoop: any EventLoop { get }
  /// Runs a call whose answer goes to `link`.
  func begin(_ call: DirectCall, for caller: Caller, _ link: CompletionLink)
  /// The link takes more, after it did not.
  func writable(_ link: CompletionLink)
  /// The caller has gone, or has its whole answer. Once for each `begin`.
  func end(_ link: CompletionLink)
}

import WeirStore
import WeirUpstream

extension StoreError: StartUpError {}

extension UpstreamStartError: StartUpError {
  /// EX_CONFIG for what the configuration says, EX_OSERR for what the system refuses.
  public var exitCode: Int32 {
    switch self {
    case .configuration: 78
    case .resources: 71
    }
  }
}

/// Nobody can connect any more, and only a new process can listen again: EX_OSERR, for a supervisor to start one.
struct ListenerEnded: StartUpError {
  var description: String {
    "The operating system ended the listening for connections. All is saved; start the server again."
  }
  var exitCode: Int32 { 71 }
}

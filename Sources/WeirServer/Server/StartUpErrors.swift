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

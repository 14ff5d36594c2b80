#if canImport(FuzzSupport)
  import FuzzSupport
#endif

extension FuzzTarget {
  /// What reads what comes to the server besides frames: tokens, requests, settings, and its own store.
  static let ofServer =
    [TokenTarget.target, CompletionRequestTarget.target, SettingTarget.target, ConfigurationTarget.target]
    + AddressTargets.all
    + StoreTargets.all
}

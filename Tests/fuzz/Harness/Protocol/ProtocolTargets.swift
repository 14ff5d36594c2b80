#if canImport(FuzzSupport)
  import FuzzSupport
#endif

extension FuzzTarget {
  /// What reads the bytes of connections.
  static let ofProtocol = UpgradeTargets.all + FrameTargets.all + InflateTargets.all + WireTargets.all
}

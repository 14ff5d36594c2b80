#if canImport(FuzzSupport)
  import FuzzSupport
#endif

extension FuzzTarget {
  /// What reads what providers send.
  static let ofUpstream = [EventStreamTarget.target, LimitTarget.target] + AnswerTargets.all
}

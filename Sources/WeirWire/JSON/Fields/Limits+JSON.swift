extension LimitState {
  static let json = JSONFields<LimitState>(
    .field("name", \.name),
    .field("limit", \.limit),
    .field("remaining", \.remaining),
    .field("resetAfterMs", \.resetAfterMs))
}

extension GetUsage {
  static let json = JSONFields<GetUsage>()
}

extension UsageReport {
  static let json = JSONFields<UsageReport>(
    .field("plan", \.plan),
    .field("lane", \.lane),
    .repeated("limits", \.limits))
}

extension LimitState: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.LimitState" }
  static var blank: LimitState { LimitState() }

  func write(to out: inout some WireSink) {
    out.string(1, name)
    out.uint64(2, limit)
    out.uint64(3, remaining)
    out.uint64(4, resetAfterMs)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): name = try input.string()
      case .varint(2): limit = try input.uint64()
      case .varint(3): remaining = try input.uint64()
      case .varint(4): resetAfterMs = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension GetUsage: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.GetUsage" }
  static var blank: GetUsage { GetUsage() }

  func write(to out: inout some WireSink) {}

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() { try input.skip(tag) }
  }
}

extension UsageReport: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.UsageReport" }
  static var blank: UsageReport { UsageReport() }

  func write(to out: inout some WireSink) {
    out.string(1, plan)
    out.string(2, lane)
    out.messages(3, limits)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): plan = try input.string()
      case .bytes(2): lane = try input.string()
      case .bytes(3): try input.append(to: &limits)
      default: try input.skip(tag)
      }
    }
  }
}

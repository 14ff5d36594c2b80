extension WeirError: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Error" }
  static var blank: WeirError { WeirError() }

  func write(to out: inout some WireSink) {
    out.enumeration(1, code)
    out.string(2, message)
    out.bool(3, retryable)
    out.uint32(4, retryAfterMs)
    out.uint64(5, revision)
    out.message(6, limit)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): code = try input.enumeration()
      case .bytes(2): message = try input.string()
      case .varint(3): retryable = try input.bool()
      case .varint(4): retryAfterMs = try input.uint32()
      case .varint(5): revision = try input.uint64()
      case .bytes(6): try input.merge(into: &limit)
      default: try input.skip(tag)
      }
    }
  }
}

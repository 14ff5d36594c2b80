extension SubscribeTurn: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.SubscribeTurn" }
  static var blank: SubscribeTurn { SubscribeTurn() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.uint64(2, offset)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .varint(2): offset = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension Subscribed: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Subscribed" }
  static var blank: Subscribed { Subscribed() }

  func write(to out: inout some WireSink) {
    out.message(1, status)
    out.uint64(2, offset)
    out.message(3, message)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): try input.merge(into: &status)
      case .varint(2): offset = try input.uint64()
      case .bytes(3): try input.merge(into: &message)
      default: try input.skip(tag)
      }
    }
  }
}

extension UnsubscribeTurn: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.UnsubscribeTurn" }
  static var blank: UnsubscribeTurn { UnsubscribeTurn() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension Delta: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Delta" }
  static var blank: Delta { Delta() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.uint64(2, offset)
    out.string(3, text)
    out.enumeration(4, kind)
    out.string(5, toolCallID)
    out.string(6, toolName)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .varint(2): offset = try input.uint64()
      case .bytes(3): text = try input.string()
      case .varint(4): kind = try input.enumeration()
      case .bytes(5): toolCallID = try input.string()
      case .bytes(6): toolName = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

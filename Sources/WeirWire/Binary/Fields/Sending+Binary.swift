extension SendMessage: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.SendMessage" }
  static var blank: SendMessage { SendMessage() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.string(2, clientMessageID)
    out.messages(3, parts)
    out.optional(4, expectedRevision)
    out.enumeration(5, onConflict)
    out.enumerations(6, acks)
    out.string(7, model)
    out.string(8, lane)
    out.uint32(9, deadlineMs)
    out.string(10, toolsJSON)
    out.bool(11, noCache)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .bytes(2): clientMessageID = try input.string()
      case .bytes(3): try input.append(to: &parts)
      case .varint(4): expectedRevision = try input.uint64()
      case .varint(5): onConflict = try input.enumeration()
      case .varint(6): try input.append(to: &acks)
      case .bytes(6): try input.appendPacked(to: &acks)
      case .bytes(7): model = try input.string()
      case .bytes(8): lane = try input.string()
      case .varint(9): deadlineMs = try input.uint32()
      case .bytes(10): toolsJSON = try input.string()
      case .varint(11): noCache = try input.bool()
      default: try input.skip(tag)
      }
    }
  }
}

extension Ack: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Ack" }
  static var blank: Ack { Ack() }

  func write(to out: inout some WireSink) {
    out.string(1, clientMessageID)
    out.enumeration(2, level)
    out.string(3, conversationID)
    out.uint64(4, sequence)
    out.uint64(5, turnID)
    out.uint64(6, revision)
    out.bool(7, duplicate)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): clientMessageID = try input.string()
      case .varint(2): level = try input.enumeration()
      case .bytes(3): conversationID = try input.string()
      case .varint(4): sequence = try input.uint64()
      case .varint(5): turnID = try input.uint64()
      case .varint(6): revision = try input.uint64()
      case .varint(7): duplicate = try input.bool()
      default: try input.skip(tag)
      }
    }
  }
}

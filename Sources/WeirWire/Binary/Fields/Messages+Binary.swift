extension Message: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Message" }
  static var blank: Message { Message() }

  func write(to out: inout some WireSink) {
    out.uint64(1, sequence)
    out.enumeration(2, role)
    out.messages(3, parts)
    out.uint64(4, createdAtMs)
    out.uint64(5, turnID)
    out.string(6, clientMessageID)
    out.enumeration(7, status)
    out.enumeration(8, finishReason)
    out.message(9, usage)
    out.string(10, model)
    out.message(11, error)
    out.string(12, promptVersion)
    out.bool(13, cached)
    out.string(14, toolsJSON)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): sequence = try input.uint64()
      case .varint(2): role = try input.enumeration()
      case .bytes(3): try input.append(to: &parts)
      case .varint(4): createdAtMs = try input.uint64()
      case .varint(5): turnID = try input.uint64()
      case .bytes(6): clientMessageID = try input.string()
      case .varint(7): status = try input.enumeration()
      case .varint(8): finishReason = try input.enumeration()
      case .bytes(9): try input.merge(into: &usage)
      case .bytes(10): model = try input.string()
      case .bytes(11): try input.merge(into: &error)
      case .bytes(12): promptVersion = try input.string()
      case .varint(13): cached = try input.bool()
      case .bytes(14): toolsJSON = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension Usage: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Usage" }
  static var blank: Usage { Usage() }

  func write(to out: inout some WireSink) {
    out.uint64(1, inputTokens)
    out.uint64(2, outputTokens)
    out.uint64(3, cachedInputTokens)
    out.bool(4, estimated)
    out.uint64(5, reasoningTokens)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): inputTokens = try input.uint64()
      case .varint(2): outputTokens = try input.uint64()
      case .varint(3): cachedInputTokens = try input.uint64()
      case .varint(4): estimated = try input.bool()
      case .varint(5): reasoningTokens = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension MessageAdded: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.MessageAdded" }
  static var blank: MessageAdded { MessageAdded() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.message(2, message)
    out.uint64(3, revision)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .bytes(2): try input.merge(into: &message)
      case .varint(3): revision = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension GetHistory: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.GetHistory" }
  static var blank: GetHistory { GetHistory() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.uint64(2, beforeSequence)
    out.uint32(3, limit)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .varint(2): beforeSequence = try input.uint64()
      case .varint(3): limit = try input.uint32()
      default: try input.skip(tag)
      }
    }
  }
}

extension HistoryPage: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.HistoryPage" }
  static var blank: HistoryPage { HistoryPage() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.messages(2, messages)
    out.bool(3, hasMore)
    out.uint64(4, revision)
    out.messages(5, turns)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .bytes(2): try input.append(to: &messages)
      case .varint(3): hasMore = try input.bool()
      case .varint(4): revision = try input.uint64()
      case .bytes(5): try input.append(to: &turns)
      default: try input.skip(tag)
      }
    }
  }
}

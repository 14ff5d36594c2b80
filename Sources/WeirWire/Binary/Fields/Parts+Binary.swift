extension Part: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Part" }
  static var blank: Part { Part() }

  func write(to out: inout some WireSink) {
    switch part {
    case .text(let text): out.presentString(1, text)
    case .reasoning(let it): out.presentMessage(2, it)
    case .toolCall(let it): out.presentMessage(3, it)
    case .toolResult(let it): out.presentMessage(4, it)
    case nil: break
    }
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): part = .text(try input.string())
      case .bytes(2): try input.merge(into: &part, Kind.reasoning, \.reasoning)
      case .bytes(3): try input.merge(into: &part, Kind.toolCall, \.toolCall)
      case .bytes(4): try input.merge(into: &part, Kind.toolResult, \.toolResult)
      default: try input.skip(tag)
      }
    }
  }
}

extension Reasoning: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Reasoning" }
  static var blank: Reasoning { Reasoning() }

  func write(to out: inout some WireSink) {
    out.string(1, text)
    out.string(2, signature)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): text = try input.string()
      case .bytes(2): signature = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension ToolCall: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ToolCall" }
  static var blank: ToolCall { ToolCall() }

  func write(to out: inout some WireSink) {
    out.string(1, id)
    out.string(2, name)
    out.string(3, arguments)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): id = try input.string()
      case .bytes(2): name = try input.string()
      case .bytes(3): arguments = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension ToolResult: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ToolResult" }
  static var blank: ToolResult { ToolResult() }

  func write(to out: inout some WireSink) {
    out.string(1, toolCallID)
    out.string(2, text)
    out.bool(3, failed)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): toolCallID = try input.string()
      case .bytes(2): text = try input.string()
      case .varint(3): failed = try input.bool()
      default: try input.skip(tag)
      }
    }
  }
}

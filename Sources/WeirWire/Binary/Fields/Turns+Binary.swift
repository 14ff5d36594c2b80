extension TurnStatus: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.TurnStatus" }
  static var blank: TurnStatus { TurnStatus() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.string(2, conversationID)
    out.enumeration(3, state)
    out.uint64(4, length)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .bytes(2): conversationID = try input.string()
      case .varint(3): state = try input.enumeration()
      case .varint(4): length = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension TurnStarted: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.TurnStarted" }
  static var blank: TurnStarted { TurnStarted() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.string(2, conversationID)
    out.uint64(3, questionSequence)
    out.uint64(4, answerSequence)
    out.string(5, model)
    out.uint64(6, continuesTurnID)
    out.uint64(7, replacesTurnID)
    out.uint64(8, offset)
    out.bool(9, cached)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .bytes(2): conversationID = try input.string()
      case .varint(3): questionSequence = try input.uint64()
      case .varint(4): answerSequence = try input.uint64()
      case .bytes(5): model = try input.string()
      case .varint(6): continuesTurnID = try input.uint64()
      case .varint(7): replacesTurnID = try input.uint64()
      case .varint(8): offset = try input.uint64()
      case .varint(9): cached = try input.bool()
      default: try input.skip(tag)
      }
    }
  }
}

extension QueuePosition: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.QueuePosition" }
  static var blank: QueuePosition { QueuePosition() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.uint32(2, position)
    out.string(3, lane)
    out.uint32(4, estimateMs)
    out.enumeration(5, reason)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .varint(2): position = try input.uint32()
      case .bytes(3): lane = try input.string()
      case .varint(4): estimateMs = try input.uint32()
      case .varint(5): reason = try input.enumeration()
      default: try input.skip(tag)
      }
    }
  }
}

extension TurnSeam: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.TurnSeam" }
  static var blank: TurnSeam { TurnSeam() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.uint64(2, offset)
    out.message(3, reason)
    out.string(4, fromEndpoint)
    out.string(5, toEndpoint)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .varint(2): offset = try input.uint64()
      case .bytes(3): try input.merge(into: &reason)
      case .bytes(4): fromEndpoint = try input.string()
      case .bytes(5): toEndpoint = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension TurnFinished: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.TurnFinished" }
  static var blank: TurnFinished { TurnFinished() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.string(2, conversationID)
    out.enumeration(3, reason)
    out.message(4, usage)
    out.uint64(5, sequence)
    out.uint64(6, length)
    out.uint64(7, revision)
    out.bool(8, cached)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .bytes(2): conversationID = try input.string()
      case .varint(3): reason = try input.enumeration()
      case .bytes(4): try input.merge(into: &usage)
      case .varint(5): sequence = try input.uint64()
      case .varint(6): length = try input.uint64()
      case .varint(7): revision = try input.uint64()
      case .varint(8): cached = try input.bool()
      default: try input.skip(tag)
      }
    }
  }
}

extension TurnFailed: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.TurnFailed" }
  static var blank: TurnFailed { TurnFailed() }

  func write(to out: inout some WireSink) {
    out.uint64(1, turnID)
    out.string(2, conversationID)
    out.message(3, error)
    out.bool(4, partialKept)
    out.uint64(5, sequence)
    out.uint64(6, length)
    out.uint64(7, revision)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): turnID = try input.uint64()
      case .bytes(2): conversationID = try input.string()
      case .bytes(3): try input.merge(into: &error)
      case .varint(4): partialKept = try input.bool()
      case .varint(5): sequence = try input.uint64()
      case .varint(6): length = try input.uint64()
      case .varint(7): revision = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension StopTurn: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.StopTurn" }
  static var blank: StopTurn { StopTurn() }

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

extension ContinueTurn: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ContinueTurn" }
  static var blank: ContinueTurn { ContinueTurn() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.uint64(2, turnID)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .varint(2): turnID = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension RegenerateTurn: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.RegenerateTurn" }
  static var blank: RegenerateTurn { RegenerateTurn() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.uint64(2, turnID)
    out.string(3, model)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .varint(2): turnID = try input.uint64()
      case .bytes(3): model = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

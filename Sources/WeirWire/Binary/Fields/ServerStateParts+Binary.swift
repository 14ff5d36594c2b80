extension LaneState: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.LaneState" }
  static var blank: LaneState { LaneState() }

  func write(to out: inout some WireSink) {
    out.string(1, name)
    out.uint32(2, waiting)
    out.uint32(3, running)
    out.uint64(4, oldestWaitMs)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): name = try input.string()
      case .varint(2): waiting = try input.uint32()
      case .varint(3): running = try input.uint32()
      case .varint(4): oldestWaitMs = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension EndpointState: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.EndpointState" }
  static var blank: EndpointState { EndpointState() }

  func write(to out: inout some WireSink) {
    out.string(1, pool)
    out.string(2, name)
    out.enumeration(3, condition)
    out.uint32(4, limit)
    out.uint32(5, inFlight)
    out.uint32(6, firstTokenMs)
    out.uint64(7, heldForMs)
    out.optional(8, remainingRequests)
    out.optional(9, remainingTokens)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): pool = try input.string()
      case .bytes(2): name = try input.string()
      case .varint(3): condition = try input.enumeration()
      case .varint(4): limit = try input.uint32()
      case .varint(5): inFlight = try input.uint32()
      case .varint(6): firstTokenMs = try input.uint32()
      case .varint(7): heldForMs = try input.uint64()
      case .varint(8): remainingRequests = try input.uint64()
      case .varint(9): remainingTokens = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension OutcomeCount: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.OutcomeCount" }
  static var blank: OutcomeCount { OutcomeCount() }

  func write(to out: inout some WireSink) {
    out.string(1, outcome)
    out.uint64(2, count)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): outcome = try input.string()
      case .varint(2): count = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension PlanState: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.PlanState" }
  static var blank: PlanState { PlanState() }

  func write(to out: inout some WireSink) {
    out.string(1, name)
    out.uint64(2, turnsPerMinute)
    out.uint64(3, turnsAtOnce)
    out.uint64(4, tokensPerDay)
    out.uint64(5, tokensPerMonth)
    out.uint32(6, users)
    out.uint64(7, tokensToday)
    out.uint64(8, tokensThisMonth)
    out.uint64(9, mostTokensToday)
    out.uint64(10, mostTokensThisMonth)
    out.uint32(11, usersUsedUp)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): name = try input.string()
      case .varint(2): turnsPerMinute = try input.uint64()
      case .varint(3): turnsAtOnce = try input.uint64()
      case .varint(4): tokensPerDay = try input.uint64()
      case .varint(5): tokensPerMonth = try input.uint64()
      case .varint(6): users = try input.uint32()
      case .varint(7): tokensToday = try input.uint64()
      case .varint(8): tokensThisMonth = try input.uint64()
      case .varint(9): mostTokensToday = try input.uint64()
      case .varint(10): mostTokensThisMonth = try input.uint64()
      case .varint(11): usersUsedUp = try input.uint32()
      default: try input.skip(tag)
      }
    }
  }
}

extension SlowTurn: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.SlowTurn" }
  static var blank: SlowTurn { SlowTurn() }

  func write(to out: inout some WireSink) {
    out.string(1, user)
    out.uint64(2, turnID)
    out.string(3, model)
    out.string(4, lane)
    out.bool(5, running)
    out.uint64(6, ageMs)
    out.uint64(7, answerBytes)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): user = try input.string()
      case .varint(2): turnID = try input.uint64()
      case .bytes(3): model = try input.string()
      case .bytes(4): lane = try input.string()
      case .varint(5): running = try input.bool()
      case .varint(6): ageMs = try input.uint64()
      case .varint(7): answerBytes = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension StateChange: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.StateChange" }
  static var blank: StateChange { StateChange() }

  func write(to out: inout some WireSink) {
    out.uint64(1, number)
    out.uint64(2, timeMs)
    out.string(3, text)
    out.bool(4, trouble)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): number = try input.uint64()
      case .varint(2): timeMs = try input.uint64()
      case .bytes(3): text = try input.string()
      case .varint(4): trouble = try input.bool()
      default: try input.skip(tag)
      }
    }
  }
}

extension WatchServer: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.WatchServer" }
  static var blank: WatchServer { WatchServer() }

  func write(to out: inout some WireSink) {
    out.uint32(1, intervalMs)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): intervalMs = try input.uint32()
      default: try input.skip(tag)
      }
    }
  }
}

extension ServerState: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ServerState" }
  static var blank: ServerState { ServerState() }

  func write(to out: inout some WireSink) {
    out.uint64(1, timeMs)
    out.string(2, version)
    out.uint64(3, uptimeMs)
    out.string(4, fault)
    out.uint32(5, connections)
    out.uint32(6, users)
    out.uint32(7, turnsWaiting)
    out.uint32(8, turnsRunning)
    out.uint64(9, turnsFinished)
    out.uint64(10, turnsFailed)
    out.uint64(11, answerPieces)
    out.uint64(12, answerBytes)
    out.message(13, firstToken)
    out.message(14, commits)
    out.uint64(15, committedEntries)
    out.message(16, memory)
    out.uint32(17, retryBudgetLeft)
    out.messages(18, lanes)
    out.messages(19, endpoints)
    out.messages(20, attempts)
    out.messages(21, plans)
    out.messages(22, slowestTurns)
    out.messages(23, changes)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): timeMs = try input.uint64()
      case .bytes(2): version = try input.string()
      case .varint(3): uptimeMs = try input.uint64()
      case .bytes(4): fault = try input.string()
      case .varint(5): connections = try input.uint32()
      case .varint(6): users = try input.uint32()
      case .varint(7): turnsWaiting = try input.uint32()
      case .varint(8): turnsRunning = try input.uint32()
      case .varint(9): turnsFinished = try input.uint64()
      case .varint(10): turnsFailed = try input.uint64()
      case .varint(11): answerPieces = try input.uint64()
      case .varint(12): answerBytes = try input.uint64()
      case .bytes(13): try input.merge(into: &firstToken)
      case .bytes(14): try input.merge(into: &commits)
      case .varint(15): committedEntries = try input.uint64()
      case .bytes(16): try input.merge(into: &memory)
      case .varint(17): retryBudgetLeft = try input.uint32()
      case .bytes(18): try input.append(to: &lanes)
      case .bytes(19): try input.append(to: &endpoints)
      case .bytes(20): try input.append(to: &attempts)
      case .bytes(21): try input.append(to: &plans)
      case .bytes(22): try input.append(to: &slowestTurns)
      case .bytes(23): try input.append(to: &changes)
      default: try input.skip(tag)
      }
    }
  }
}

extension Durations: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Durations" }
  static var blank: Durations { Durations() }

  func write(to out: inout some WireSink) {
    out.messages(1, buckets)
    out.uint64(2, sumUs)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): try input.append(to: &buckets)
      case .varint(2): sumUs = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension DurationBucket: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.DurationBucket" }
  static var blank: DurationBucket { DurationBucket() }

  func write(to out: inout some WireSink) {
    out.uint64(1, atMostUs)
    out.uint64(2, count)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): atMostUs = try input.uint64()
      case .varint(2): count = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension MemoryState: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.MemoryState" }
  static var blank: MemoryState { MemoryState() }

  func write(to out: inout some WireSink) {
    out.uint64(1, residentBytes)
    out.uint64(2, accountedBytes)
    out.uint64(3, limitBytes)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): residentBytes = try input.uint64()
      case .varint(2): accountedBytes = try input.uint64()
      case .varint(3): limitBytes = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

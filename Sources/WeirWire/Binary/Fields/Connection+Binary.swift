extension Hello: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Hello" }
  static var blank: Hello { Hello() }

  func write(to out: inout some WireSink) {
    out.uint32(1, version)
    out.string(2, agent)
    out.uint64(3, credit)
    out.messages(4, resume)
    out.strings(5, follow)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): version = try input.uint32()
      case .bytes(2): agent = try input.string()
      case .varint(3): credit = try input.uint64()
      case .bytes(4): try input.append(to: &resume)
      case .bytes(5): try input.append(to: &follow)
      default: try input.skip(tag)
      }
    }
  }
}

extension Welcome: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Welcome" }
  static var blank: Welcome { Welcome() }

  func write(to out: inout some WireSink) {
    out.uint32(1, version)
    out.string(2, server)
    out.string(3, user)
    out.strings(4, capabilities)
    out.uint64(5, serverTimeMs)
    out.uint64(6, maxMessageBytes)
    out.uint32(7, idlePingMs)
    out.strings(8, models)
    out.messages(9, resumed)
    out.string(10, plan)
    out.strings(11, lanes)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): version = try input.uint32()
      case .bytes(2): server = try input.string()
      case .bytes(3): user = try input.string()
      case .bytes(4): try input.append(to: &capabilities)
      case .varint(5): serverTimeMs = try input.uint64()
      case .varint(6): maxMessageBytes = try input.uint64()
      case .varint(7): idlePingMs = try input.uint32()
      case .bytes(8): try input.append(to: &models)
      case .bytes(9): try input.append(to: &resumed)
      case .bytes(10): plan = try input.string()
      case .bytes(11): try input.append(to: &lanes)
      default: try input.skip(tag)
      }
    }
  }
}

extension GrantCredit: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.GrantCredit" }
  static var blank: GrantCredit { GrantCredit() }

  func write(to out: inout some WireSink) {
    out.uint64(1, bytes)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): bytes = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension Ping: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Ping" }
  static var blank: Ping { Ping() }

  func write(to out: inout some WireSink) {
    out.uint64(1, nonce)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): nonce = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension Pong: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Pong" }
  static var blank: Pong { Pong() }

  func write(to out: inout some WireSink) {
    out.uint64(1, nonce)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): nonce = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension Goodbye: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Goodbye" }
  static var blank: Goodbye { Goodbye() }

  func write(to out: inout some WireSink) {
    out.enumeration(1, code)
    out.string(2, message)
    out.uint32(3, reconnectAfterMs)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): code = try input.enumeration()
      case .bytes(2): message = try input.string()
      case .varint(3): reconnectAfterMs = try input.uint32()
      default: try input.skip(tag)
      }
    }
  }
}

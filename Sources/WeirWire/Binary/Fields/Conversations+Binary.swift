extension Conversation: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.Conversation" }
  static var blank: Conversation { Conversation() }

  func write(to out: inout some WireSink) {
    out.string(1, id)
    out.string(2, title)
    out.uint64(3, createdAtMs)
    out.uint64(4, updatedAtMs)
    out.uint64(5, revision)
    out.uint64(6, lastSequence)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): id = try input.string()
      case .bytes(2): title = try input.string()
      case .varint(3): createdAtMs = try input.uint64()
      case .varint(4): updatedAtMs = try input.uint64()
      case .varint(5): revision = try input.uint64()
      case .varint(6): lastSequence = try input.uint64()
      default: try input.skip(tag)
      }
    }
  }
}

extension OpenConversation: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.OpenConversation" }
  static var blank: OpenConversation { OpenConversation() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.string(2, title)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .bytes(2): title = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension ConversationOpened: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ConversationOpened" }
  static var blank: ConversationOpened { ConversationOpened() }

  func write(to out: inout some WireSink) {
    out.message(1, conversation)
    out.bool(2, created)
    out.messages(3, turns)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): try input.merge(into: &conversation)
      case .varint(2): created = try input.bool()
      case .bytes(3): try input.append(to: &turns)
      default: try input.skip(tag)
      }
    }
  }
}

extension ListConversations: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ListConversations" }
  static var blank: ListConversations { ListConversations() }

  func write(to out: inout some WireSink) {
    out.uint32(1, limit)
    out.string(2, cursor)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .varint(1): limit = try input.uint32()
      case .bytes(2): cursor = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension ConversationList: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ConversationList" }
  static var blank: ConversationList { ConversationList() }

  func write(to out: inout some WireSink) {
    out.messages(1, conversations)
    out.string(2, nextCursor)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): try input.append(to: &conversations)
      case .bytes(2): nextCursor = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension RenameConversation: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.RenameConversation" }
  static var blank: RenameConversation { RenameConversation() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
    out.string(2, title)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      case .bytes(2): title = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension ConversationChanged: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ConversationChanged" }
  static var blank: ConversationChanged { ConversationChanged() }

  func write(to out: inout some WireSink) {
    out.message(1, conversation)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): try input.merge(into: &conversation)
      default: try input.skip(tag)
      }
    }
  }
}

extension DeleteConversation: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.DeleteConversation" }
  static var blank: DeleteConversation { DeleteConversation() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

extension ConversationDeleted: SchemaMessage {
  static var schemaName: StaticString { "weir.v1.ConversationDeleted" }
  static var blank: ConversationDeleted { ConversationDeleted() }

  func write(to out: inout some WireSink) {
    out.string(1, conversationID)
  }

  mutating func merge(from input: inout WireReader) throws(WireError) {
    while let tag = try input.nextTag() {
      switch tag {
      case .bytes(1): conversationID = try input.string()
      default: try input.skip(tag)
      }
    }
  }
}

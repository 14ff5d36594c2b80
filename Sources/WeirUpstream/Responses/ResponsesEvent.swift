/// What one event of a stream of OpenAI's Responses says. Strings are places in the scanned bytes. Members may come in any
/// order, so what an event means is decided behind its end.
struct ResponsesEvent: Sendable, Equatable {
  var type: JSONString?
  var delta: JSONString?
  var outputIndex: UInt64?
  var summaryIndex: UInt64?
  /// The arguments of a call, whole.
  var arguments: JSONString?
  var item: Item?
  /// The response as a whole, an object.
  var response: Range<Int>?
  /// Whether the event is itself the response as a whole.
  var isResponse = false
  /// The event's own `error`, or what it says at the top.
  var complaint: ProviderComplaint?
  var outer = ProviderComplaint()

  /// One piece of output, or its beginning.
  struct Item: Sendable, Equatable {
    var type: JSONString?
    var id: JSONString?
    var callID: JSONString?
    var name: JSONString?
    var arguments: JSONString?
    /// The proof of reasoning.
    var encryptedContent: JSONString?
    /// Texts of a message that came whole.
    var content: Range<Int>?
    /// Texts of reasoning that came whole.
    var summary: Range<Int>?
  }

  /// Reads an event. Unknown members are skipped.
  static func scan(_ bytes: Span<UInt8>) throws(MalformedJSON) -> ResponsesEvent {
    var event = ResponsesEvent()
    var cursor = JSONCursor()
    var isFirst = true
    try cursor.beginObject(in: bytes)
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("type", in: bytes) {
        event.type = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("delta", in: bytes) {
        event.delta = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("output_index", in: bytes) {
        event.outputIndex = try cursor.countOrSkip(in: bytes)
      } else if key.equals("summary_index", in: bytes) {
        event.summaryIndex = try cursor.countOrSkip(in: bytes)
      } else if key.equals("arguments", in: bytes) {
        event.arguments = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("item", in: bytes) {
        event.item = try Item.scan(&cursor, bytes)
      } else if key.equals("response", in: bytes) {
        let isObject = cursor.peek(in: bytes) == UInt8(ascii: "{")
        let place = try cursor.place(in: bytes)
        if isObject { event.response = place }
      } else if key.equals("object", in: bytes) {
        event.isResponse = try cursor.stringOrSkip(in: bytes)?.equals("response", in: bytes) ?? false
      } else if key.equals("error", in: bytes) {
        event.complaint = try ProviderComplaint.scan(&cursor, bytes)
      } else {
        try event.outer.scanMember(key, &cursor, bytes)
      }
    }
    try cursor.expectEnd(in: bytes)
    return event
  }
}

extension ResponsesEvent.Item {
  /// Takes a value: an item if it is an object.
  static func scan(
    _ cursor: inout JSONCursor, _ bytes: Span<UInt8>
  ) throws(MalformedJSON) -> ResponsesEvent.Item? {
    guard try cursor.beginObjectOrSkip(in: bytes) else { return nil }
    var item = ResponsesEvent.Item()
    var isFirst = true
    while let key = try cursor.nextMember(in: bytes, isFirst: &isFirst) {
      if key.equals("type", in: bytes) {
        item.type = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("id", in: bytes) {
        item.id = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("call_id", in: bytes) {
        item.callID = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("name", in: bytes) {
        item.name = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("arguments", in: bytes) {
        item.arguments = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("encrypted_content", in: bytes) {
        item.encryptedContent = try cursor.stringOrSkip(in: bytes)
      } else if key.equals("content", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "[") {
        item.content = try cursor.place(in: bytes)
      } else if key.equals("summary", in: bytes), cursor.peek(in: bytes) == UInt8(ascii: "[") {
        item.summary = try cursor.place(in: bytes)
      } else {
        try cursor.skipValue(in: bytes)
      }
    }
    return item
  }
}

import NIOCore
import SwiftProtobuf
import Testing
import WeirWire

@Suite("The JSON codec follows proto3's canonical form and JSON's grammar")
struct JSONRulesTests {
  @Test("a frame is written compactly, in the order of the schema")
  func written() {
    let frame = ClientFrame(
      requestID: 7,
      frame: .sendMessage(
        SendMessage(
          conversationID: "c", parts: [.text("a\"\\\n\u{1}é水"), .text(""), Part()], expectedRevision: 0,
          onConflict: .reject, acks: [.durable, AckLevel(rawValue: 99)])))
    #expect(
      frame.json
        == #"{"requestId":"7","sendMessage":{"conversationId":"c","parts":[{"text":"a\"\\\n\u0001é水"},{"text":""},{}],"#
        + #""expectedRevision":"0","onConflict":"CONFLICT_POLICY_REJECT","acks":["ACK_LEVEL_DURABLE",99]}}"#)
    #expect(ClientFrame().json == "{}")
    #expect(ClientFrame(frame: .ping(Ping())).json == #"{"ping":{}}"#)
  }

  struct Accepted: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let json: String
    let frame: ClientFrame
    /// Whether swift-protobuf, told to ignore unknown fields, takes it as well.
    let alsoTheirs: Bool

    init(_ what: String, _ json: String, _ frame: ClientFrame, alsoTheirs: Bool = true) {
      (testDescription, self.json, self.frame, self.alsoTheirs) = (what, json, frame, alsoTheirs)
    }
  }

  @Test(
    "all that the grammar and proto3 allow is read",
    arguments: [
      Accepted("an empty object", "{}", ClientFrame()),
      Accepted(
        "white space everywhere", " \t\r\n{ \n\"requestId\"\t:\r 1 , \"ping\" : { } } \n", ping(0, requestID: 1)),
      Accepted("the schema's names", #"{"request_id":"1","ping":{}}"#, ping(0, requestID: 1)),
      Accepted("escapes in a name", #"{"\u0070ing":{"nonce":2}}"#, ping(2)),
      Accepted("null for a scalar", #"{"requestId":null}"#, ClientFrame()),
      Accepted("null for a oneof's member, beside another", #"{"hello":null,"ping":{},"stopTurn":null}"#, ping(0)),
      Accepted("null for a list", #"{"sendMessage":{"parts":null,"acks":null}}"#, send()),
      Accepted(
        "null for an optional and an enum", #"{"sendMessage":{"expectedRevision":null,"onConflict":null}}"#, send()),
      Accepted("integer as a number", #"{"ping":{"nonce":18446744073709551615}}"#, ping(.max)),
      Accepted("integer as a string", #"{"ping":{"nonce":"18446744073709551615"}}"#, ping(.max)),
      Accepted("integer with an exponent", #"{"ping":{"nonce":1.5e3}}"#, ping(1500)),
      Accepted(
        "integer with an exponent, exact beyond 2^53", #"{"ping":{"nonce":"421643619588791e3"}}"#,
        ping(421_643_619_588_791_000), alsoTheirs: false),
      Accepted("integer with a fraction of zeros", #"{"ping":{"nonce":12.000}}"#, ping(12)),
      Accepted("integer with a negative exponent", #"{"ping":{"nonce":1200E-2}}"#, ping(12)),
      Accepted(
        "zero with any exponent", #"{"ping":{"nonce":0.0e99999999999999999999}}"#, ping(0), alsoTheirs: false),
      Accepted("negative zero", #"{"ping":{"nonce":-0}}"#, ping(0), alsoTheirs: false),
      Accepted("enum by number", #"{"sendMessage":{"onConflict":3}}"#, send(SendMessage(onConflict: .reject))),
      Accepted(
        "enum by a number not in the schema", #"{"sendMessage":{"acks":[-7,2147483647]}}"#,
        send(SendMessage(acks: [AckLevel(rawValue: -7), AckLevel(rawValue: .max)]))),
      Accepted(
        "names of enum values that are not known are skipped",
        #"{"sendMessage":{"onConflict":"CONFLICT_POLICY_MERGE","acks":["ACK_LEVEL_READ","ACK_LEVEL_DONE"]}}"#,
        send(SendMessage(acks: [.done]))),
      Accepted(
        "unknown fields of every type are skipped",
        #"{"a":{"b":[1,-2.5e-3,"x\n",true,false,null,{},[]]},"ping":{"c":[],"nonce":3,"d":"}"},"e":0}"#, ping(3)),
      Accepted(
        "every escape", #"{"renameConversation":{"title":"\"\\\/\b\f\n\r\t\u00e9\u6C34\uD83D\uDE00\u0000"}}"#,
        title("\"\\/\u{8}\u{C}\n\r\té水😀\0")),
      Accepted(
        "characters beyond ASCII as they are", #"{"renameConversation":{"title":"é水😀\#u{2028}"}}"#, title("é水😀\u{2028}")
      ),
      Accepted(
        "a tool's result, and a message without fields beside null",
        #"{"sendMessage":{"parts":[{"toolResult":{"toolCallId":"a","text":"{}","failed":true},"text":null}]},"ping":null}"#,
        send(
          SendMessage(parts: [Part(part: .toolResult(ToolResult(toolCallID: "a", text: "{}", failed: true)))]))),
      Accepted(
        "the schema's names of parts and options",
        #"{"send_message":{"parts":[{"tool_call":{"id":"a"}}],"deadline_ms":5,"tools_json":"[]","no_cache":true}}"#,
        send(
          SendMessage(
            parts: [Part(part: .toolCall(ToolCall(id: "a")))], deadlineMs: 5, toolsJSON: "[]", noCache: true))),
      Accepted("a question without fields", #"{"getUsage":{}}"#, ClientFrame(frame: .getUsage(GetUsage()))),
      Accepted("unknown fields, nested up to the limit", nested(31) + #","ping":{}}"#, ping(0)),
    ])
  func accepted(_ accepted: Accepted) throws {
    #expect(try ClientFrame(json: accepted.json) == accepted.frame)
    if !accepted.alsoTheirs { return }
    var options = JSONDecodingOptions()
    options.ignoreUnknownFields = true
    let theirs: [UInt8] = try Weir_V1_ClientFrame(jsonString: accepted.json, options: options).serializedBytes()
    #expect(theirs == accepted.frame.binary)
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let json: String
    let reason: WireError.Reason
    let field: String

    init(_ what: String, _ json: String, _ reason: WireError.Reason, field: String = "") {
      (testDescription, self.json, self.reason, self.field) = (what, json, reason, field)
    }
  }

  @Test(
    "all else is refused, with the field and the reason",
    arguments: [
      Refused("nothing", "", .wrongType(expected: "an object")),
      Refused("not an object", "[]", .wrongType(expected: "an object")),
      Refused("byte order mark", "\u{FEFF}{}", .wrongType(expected: "an object")),
      Refused("object without an end", "{", .syntax(expected: "a name in quotes")),
      Refused("object cut off behind a value", #"{"requestId":1"#, .syntax(expected: "a comma or a closing brace")),
      Refused("two objects", "{}{}", .syntax(expected: "nothing more")),
      Refused("comma at the end", #"{"requestId":1,}"#, .syntax(expected: "a name in quotes")),
      Refused("comma at the beginning", #"{,"requestId":1}"#, .syntax(expected: "a name in quotes")),
      Refused("name without quotes", "{requestId:1}", .syntax(expected: "a name in quotes")),
      Refused("no colon", #"{"requestId" 1}"#, .syntax(expected: "a colon")),
      Refused("comment", "{/* */}", .syntax(expected: "a name in quotes")),
      Refused("no value", #"{"x":}"#, .syntax(expected: "a value")),
      Refused("not quite null", #"{"x":nul}"#, .syntax(expected: "null")),
      Refused("literal that goes on", #"{"x":nullx}"#, .syntax(expected: "null")),
      Refused("literal in capitals", #"{"x":True}"#, .syntax(expected: "a value")),
      Refused("number with a leading zero", #"{"x":012}"#, .syntax(expected: "a value")),
      Refused("number with a plus", #"{"x":+1}"#, .syntax(expected: "a value")),
      Refused("number that ends with a point", #"{"x":1.}"#, .syntax(expected: "a value")),
      Refused("number that begins with a point", #"{"x":.5}"#, .syntax(expected: "a value")),
      Refused("number without an exponent behind its e", #"{"x":1e}"#, .syntax(expected: "a value")),
      Refused("infinity", #"{"x":Infinity}"#, .syntax(expected: "a value")),
      Refused("minus alone", #"{"x":-}"#, .syntax(expected: "a value")),
      Refused("array without an end", #"{"x":[1"#, .syntax(expected: "a comma or a closing bracket")),
      Refused("array with a comma at the end", #"{"x":[1,]}"#, .syntax(expected: "a value")),
      Refused("negative integer", nonce("-1"), .outOfRange(type: uint64), field: "ping.nonce"),
      Refused("integer of 65 bits", nonce("18446744073709551616"), .outOfRange(type: uint64), field: "ping.nonce"),
      Refused(
        "integer with a big exponent", nonce("1e999999999999999999999"), .outOfRange(type: uint64), field: "ping.nonce"),
      Refused("integer with a fraction", nonce("1.5"), .outOfRange(type: uint64), field: "ping.nonce"),
      Refused(
        "integer with a small exponent", nonce("1e-99999999999999999999"), .outOfRange(type: uint64),
        field: "ping.nonce"),
      Refused("integer in quotes with a space", nonce("\" 1\""), .wrongType(expected: uint64), field: "ping.nonce"),
      Refused("integer in quotes, empty", nonce("\"\""), .wrongType(expected: uint64), field: "ping.nonce"),
      Refused("bool for an integer", nonce("true"), .wrongType(expected: uint64), field: "ping.nonce"),
      Refused(
        "uint32 of 33 bits", #"{"hello":{"version":4294967296}}"#, .outOfRange(type: "a 32-bit unsigned integer"),
        field: "hello.version"),
      Refused(
        "enum beyond 32 bits", #"{"sendMessage":{"acks":[1,2147483648]}}"#,
        .outOfRange(type: "an enum's name or a 32-bit integer"), field: "sendMessage.acks[1]"),
      Refused(
        "number for a string", #"{"sendMessage":{"parts":[{},{"text":1}]}}"#, .wrongType(expected: "a string"),
        field: "sendMessage.parts[1].text"),
      Refused(
        "null in a list", #"{"sendMessage":{"parts":[null]}}"#, .wrongType(expected: "an object"),
        field: "sendMessage.parts[0]"),
      Refused(
        "object for a list", #"{"hello":{"follow":{}}}"#, .wrongType(expected: "an array"), field: "hello.follow"),
      Refused("field twice", #"{"requestId":1,"requestId":1}"#, .duplicateField, field: "requestId"),
      Refused("field twice, by both names", #"{"requestId":1,"request_id":1}"#, .duplicateField, field: "request_id"),
      Refused("two members of a oneof", #"{"ping":{},"hello":{}}"#, .duplicateOneof, field: "hello"),
      Refused(
        "two kinds of one part", #"{"sendMessage":{"parts":[{"text":"a","reasoning":{}}]}}"#, .duplicateOneof,
        field: "sendMessage.parts[0].reasoning"),
      Refused(
        "string without an end", #"{"x":"abc"#,
        .syntax(expected: "a closing quote, and no control character before it,")),
      Refused(
        "line break in a string", "{\"x\":\"a\nb\"}",
        .syntax(expected: "a closing quote, and no control character before it,")),
      Refused("unknown escape", #"{"x":"\x41"}"#, .badEscape),
      Refused("escape with three digits", #"{"x":"\u041"}"#, .badEscape),
      Refused("escape with digits that are not ASCII", #"{"x":"\u００４１"}"#, .badEscape),
      Refused("first surrogate alone", #"{"x":"\uD83D!"}"#, .badEscape),
      Refused("first surrogate twice", #"{"x":"\uD83D\uD83D"}"#, .badEscape),
      Refused("second surrogate alone", #"{"x":"\uDE00"}"#, .badEscape),
      Refused("unknown fields, nested beyond the limit", nested(32) + "}", .tooDeep(limit: 32)),
      Refused(
        "nested 100,000 deep, never closed", #"{"x":"# + String(repeating: "[", count: 100_000), .tooDeep(limit: 32)),
    ])
  func refused(_ refused: Refused) throws {
    let error = #expect(throws: WireError.self) { try ClientFrame(json: refused.json) }
    #expect(error?.reason == refused.reason)
    #expect(error?.field == refused.field)
  }

  @Test("invalid UTF-8 is refused in values, names and fields that are skipped")
  func invalidUTF8() {
    for (before, after) in [
      (#"{"renameConversation":{"title":""#, #""}}"#), (#"{""#, #"":1}"#), (#"{"x":"\n"#, #""}"#),
    ] {
      let bytes = Array(before.utf8) + [0xC3, 0x28] + Array(after.utf8)
      let error = #expect(throws: WireError.self) {
        try ClientFrame.decodeJSON(ByteBuffer(bytes: bytes), limits: WireLimits())
      }
      #expect(error?.reason == .invalidUTF8)
    }
  }

  @Test("bools are bare words")
  func bools() throws {
    #expect(try Usage(json: #"{"estimated":true}"#).estimated)
    #expect(try !Usage(json: #"{"estimated":false}"#).estimated)
    for json in [#"{"estimated":"true"}"#, #"{"estimated":1}"#] {
      let error = #expect(throws: WireError.self) { try Usage(json: json) }
      #expect(error?.reason == .wrongType(expected: "true or false"))
    }
  }

  @Test("a list takes 10,000 elements and not one more, also of those that are skipped")
  func elements() throws {
    func acks(_ count: Int, _ element: String) -> String {
      #"{"acks":["# + Array(repeating: element, count: count).joined(separator: ",") + "]}"
    }
    #expect(try SendMessage(json: acks(10_000, "1")).acks.count == 10_000)
    for element in ["1", #""ACK_LEVEL_READ""#] {
      let error = #expect(throws: WireError.self) { try SendMessage(json: acks(10_001, element)) }
      #expect(error?.reason == .tooManyElements(limit: 10_000))
    }
  }

  @Test("an error says where, what and what to do")
  func errors() throws {
    let error = #expect(throws: WireError.self) { try ClientFrame(json: #"{"sendMessage":{"parts":[{"text":5}]}}"#) }
    #expect(error?.description == "At sendMessage.parts[0].text, byte 33: the value has the wrong type. Send a string.")
  }
}

private let uint64 = "a 64-bit unsigned integer"

private func nonce(_ value: String) -> String { #"{"ping":{"nonce":\#(value)}}"# }

private func ping(_ nonce: UInt64, requestID: UInt64 = 0) -> ClientFrame {
  ClientFrame(requestID: requestID, frame: .ping(Ping(nonce: nonce)))
}

private func send(_ message: SendMessage = SendMessage()) -> ClientFrame { ClientFrame(frame: .sendMessage(message)) }

private func title(_ title: String) -> ClientFrame {
  ClientFrame(frame: .renameConversation(RenameConversation(title: title)))
}

/// An object, still open, whose unknown field holds `depth` arrays in each other.
private func nested(_ depth: Int) -> String {
  #"{"x":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
}

import Foundation
import NIOCore
import NIOHTTP1
import Testing
import WeirCore

@testable import WeirServer

@Suite("Reading and writing JSON")
struct JSONScannerTests {
  private func string(_ json: String) -> String? {
    var scanner = JSONScanner(Array(json.utf8))
    return try? scanner.string()
  }

  @Test(
    "escapes are what RFC 8259 says",
    arguments: [
      (#""""#, ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
      (#""\ud83d\ude00!""#, "😀!"), (#""é€😀""#, "é€😀"), (#""\u0000""#, "\u{0}"),
    ])
  func escapes(json: String, text: String) {
    #expect(string(json) == text)
  }

  @Test(
    "half of a surrogate pair is a character that is missing, and nothing beside it is lost",
    arguments: [
      (#""\ud83d""#, "\u{FFFD}"), (#""a\ud83dz""#, "a\u{FFFD}z"), (#""\ude00""#, "\u{FFFD}"),
      (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
    ])
  func surrogates(json: String, text: String) {
    #expect(string(json) == text)
  }

  @Test(
    "what is no JSON is refused",
    arguments: [
      #"{"a":01}"#, #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":NaN}"#,
      #"{"a":nul}"#, #"{"a":nulll}"#, #"{"a":True}"#, #"{"a"}"#, #"{"a":1,}"#, #"{,}"#, #"{"a":[1,]}"#,
      #"{"a":[1 2]}"#, #"{'a':1}"#, #"{a:1}"#, "{\"a\":\"\n\"}", #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\u１234"}"#,
      #"{"a":"b}"#, #"{"a":1}{"#, #"{"a":1"b":2}"#, #"{"a"::1}"#, "\u{FEFF}{}",
    ])
  func malformed(json: String) {
    #expect(throws: InvalidRequest.self, "\(json)") {
      var scanner = JSONScanner(Array(json.utf8))
      try scanner.skipValue()
      try scanner.end()
    }
  }

  @Test("bytes that are no UTF-8 are refused")
  func invalidUTF8() {
    for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]] {
      var scanner = JSONScanner(Array("\"a".utf8) + bytes + Array("\"".utf8))
      #expect(throws: InvalidRequest.self) { _ = try scanner.string() }
    }
  }

  private let whole = Array(
    #"""
    {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"h\u00e9\ud83d\ude00é"}]},
    {"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}],
    "tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"auto","temperature":1.5e-1,"stream":true,
    "stop":["x"],"response_format":{"type":"json_object"},"x":[null,false,-0.0]}
    """#.utf8)

  @Test("a body that was cut anywhere is refused")
  func cut() throws {
    _ = try ChatCompletionRequest(body: ByteBuffer(bytes: whole), headers: [:])
    for length in 0..<whole.count {
      #expect(throws: InvalidRequest.self, "cut at \(length)") {
        try ChatCompletionRequest(body: ByteBuffer(bytes: whole[..<length]), headers: [:])
      }
    }
  }

  @Test("a mutated body is read or refused, and what is read is JSON", arguments: [1, 2, 3, 4] as [UInt64])
  func mutated(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<2000 {
      let bytes = random.mutated(whole)
      guard let request = try? ChatCompletionRequest(body: ByteBuffer(bytes: bytes), headers: [:]) else { continue }
      for text in [request.call.parameters.toolsJSON, request.call.parameters.responseFormatJSON] where text != "" {
        #expect(
          (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil, "seed \(seed), round \(round): \(text)")
      }
    }
  }

  /// A text of all kinds of characters.
  private func text(_ random: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      let bound: UInt32 = [0x20, 0x80, 0x800, 0x10000, 0x110000].randomElement(using: &random) ?? 0x80
      text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0..<bound, using: &random)) ?? "\u{FFFD}")
    }
    return text
  }

  @Test(
    "any text goes through Foundation's writer and our reader, and the other way round", arguments: [1, 2] as [UInt64])
  func oracle(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for round in 0..<1000 {
      let text = text(&random)
      let theirs = try JSONEncoder().encode(text)
      var scanner = JSONScanner(Array(theirs))
      #expect(try Array(scanner.string().unicodeScalars) == Array(text.unicodeScalars), "seed \(seed), round \(round)")
      var ours = ByteBuffer()
      JSONBytes.append(text, to: &ours)
      let read = try JSONDecoder().decode(String.self, from: Data(ours.readableBytesView))
      #expect(Array(read.unicodeScalars) == Array(text.unicodeScalars), "seed \(seed), round \(round)")
    }
  }

  @Test("every control character is escaped, and nothing else")
  func controls() {
    var bytes = ByteBuffer()
    JSONBytes.append(String(String.UnicodeScalarView((0..<0x80).compactMap { Unicode.Scalar($0) })), to: &bytes)
    #expect(
      String(buffer: bytes)
        == #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\t\n\u000b\u000c\r\u000e\u000f"#
        + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"#
        + " !\\\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\u{7F}\""
    )
  }
}

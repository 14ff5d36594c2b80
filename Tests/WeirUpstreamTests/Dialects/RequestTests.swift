import Foundation
import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Chat request")
struct RequestTests {
  private func endpoint(_ change: (inout EndpointConfiguration) -> Void = { _ in }) -> EndpointConfiguration {
    var endpoint = EndpointConfiguration(
      name: "chat", kind: .openAI(baseURL: "http://h/v1", key: UpstreamKey("sk-1")), upstreamModel: "m\"1")
    change(&endpoint)
    return endpoint
  }

  private func decode(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test("the body is JSON that says what was asked, whatever characters it has")
  func body() throws {
    var hard = (0..<0x20).compactMap { UnicodeScalar($0) }.map(String.init).joined()
    hard += "\"\\/ä€😀\u{2028}\u{7F}</script>"
    let messages = [
      PromptMessage(role: .system, text: "Be kind."), PromptMessage(role: .user, text: hard),
      PromptMessage(role: .assistant, text: ""), PromptMessage(role: .user, text: "more"),
    ]
    let body = try decode(try ChatRequestBody.bytes(messages, endpoint: endpoint()))
    #expect(body["model"] as? String == "m\"1")
    #expect(body["stream"] as? Bool == true)
    #expect((body["stream_options"] as? [String: Bool]) == ["include_usage": true])
    let sent = try #require(body["messages"] as? [[String: String]])
    #expect(sent.map { $0["role"] } == ["system", "user", "assistant", "user"])
    #expect(sent.map { $0["content"] } == messages.map(\.text))
    #expect(body.count == 4)
  }

  @Test("settings of the endpoint are sent if they are set")
  func settings() throws {
    let configured = endpoint {
      $0.maximumAnswerTokens = 99
      $0.temperature = 0.25
    }
    let body = try decode(try ChatRequestBody.bytes([], endpoint: configured))
    #expect(body["max_tokens"] as? Int == 99)
    #expect(body["temperature"] as? Double == 0.25)
  }

  @Test("an answer to go on with is followed by a request to do so, or left last")
  func continuation() throws {
    let messages = [PromptMessage(role: .user, text: "a"), PromptMessage(role: .assistant, text: "b")]
    let asked = try decode(try ChatRequestBody.bytes(messages, endpoint: endpoint()))
    #expect((asked["messages"] as? [[String: String]])?.map { $0["role"] } == ["user", "assistant", "user"])
    let left = try decode(try ChatRequestBody.bytes(messages, endpoint: endpoint { $0.continuation = .prefill }))
    #expect((left["messages"] as? [[String: String]])?.map { $0["role"] } == ["user", "assistant"])
  }

  @Test(
    "a base URL is understood as people write it",
    arguments: [
      ("http://h:1/v1", "http://h:1/v1/chat/completions"),
      ("http://h:1/v1/", "http://h:1/v1/chat/completions"),
      ("http://h:1/v1//", "http://h:1/v1/chat/completions"),
      ("http://h:1/v1/chat/completions", "http://h:1/v1/chat/completions"),
      ("http://h:1/v1/chat/completions/", "http://h:1/v1/chat/completions"),
      ("http://h:1", "http://h:1/v1/chat/completions"),
      ("http://h:1/", "http://h:1/v1/chat/completions"),
      ("https://h/api/x", "https://h/api/x/chat/completions"),
      ("https://h/d/chat/completions?api-version=1", "https://h/d/chat/completions?api-version=1"),
      ("https://h/v1?k=/v", "https://h/v1/chat/completions?k=/v"),
    ])
  func urls(_ base: String, _ expected: String) {
    #expect(ProviderURL.address(base: base, dialect: .chatCompletions) == expected)
  }

  @Test("a key is in no description")
  func redaction() {
    var text = ""
    dump(UpstreamConfiguration(endpoints: [endpoint()]), to: &text)
    text += "\(UpstreamConfiguration(endpoints: [endpoint()])) \(UpstreamKey("sk-1"))"
    text += String(reflecting: endpoint())
    #expect(!text.contains("sk-1"))
    #expect(text.contains("<redacted>"))
  }

  @Test("a configuration that cannot work is refused with what to do")
  func validation() {
    func complaint(_ change: (inout EndpointConfiguration) -> Void) -> UpstreamConfigurationError? {
      do throws(UpstreamConfigurationError) {
        try UpstreamConfiguration(endpoints: [endpoint(change)]).validate()
        return nil
      } catch {
        return error
      }
    }
    #expect(complaint { _ in } == nil)
    #expect(complaint { $0.name = "" } == .badName(""))
    #expect(complaint { $0.kind = .openAI(baseURL: "ftp://h", key: nil) } == .badURL(endpoint: "chat", "ftp://h"))
    #expect(complaint { $0.kind = .openAI(baseURL: "http://h /", key: nil) } == .badURL(endpoint: "chat", "http://h /"))
    let injected = UpstreamKey("a\r\nX-Evil: 1")
    #expect(complaint { $0.kind = .openAI(baseURL: "http://h", key: injected) } == .badKey(endpoint: "chat"))
    #expect(complaint { $0.temperature = .nan } == .badNumber(endpoint: "chat", "temperature", "0 or more"))
    #expect(complaint { $0.maximumConcurrent = 0 } != nil)
    #expect(throws: UpstreamConfigurationError.noEndpoints) { try UpstreamConfiguration(endpoints: []).validate() }
    #expect(throws: UpstreamConfigurationError.badName("chat")) {
      try UpstreamConfiguration(endpoints: [endpoint(), endpoint()]).validate()
    }
  }
}

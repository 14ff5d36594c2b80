import Testing

@testable import WebSocket

@Suite struct DeflateNegotiationTests {
  private func accept(_ offers: String..., configuration: (inout DeflateConfiguration) -> Void = { _ in }) -> String? {
    var settings = DeflateConfiguration()
    settings.contextTakeover = .allowed
    configuration(&settings)
    guard let elements = ExtensionElement.parse(offers) else { return "not parsed" }
    return DeflateNegotiation.accept(elements, settings)?.answer
  }

  @Test("a plain offer is taken as it is")
  func plain() {
    #expect(accept("permessage-deflate") == "permessage-deflate")
  }

  @Test("each parameter is answered as RFC 7692 section 7.1 says")
  func parameters() {
    #expect(
      accept("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    #expect(accept("permessage-deflate; server_max_window_bits=10") == "permessage-deflate; server_max_window_bits=10")
    #expect(
      accept("permessage-deflate; server_max_window_bits=\"8\"") == "permessage-deflate; server_max_window_bits=8")
    #expect(accept("permessage-deflate; client_max_window_bits") == "permessage-deflate")
    #expect(
      accept("permessage-deflate; client_max_window_bits=9") == "permessage-deflate; client_max_window_bits=9")
  }

  @Test("our own narrower windows are asked for, the client's only if it knows the parameter")
  func ownWindows() {
    let narrow: (inout DeflateConfiguration) -> Void = {
      $0.windowBits = 12
      $0.peerWindowBits = 11
    }
    #expect(
      accept("permessage-deflate; client_max_window_bits", configuration: narrow)
        == "permessage-deflate; server_max_window_bits=12; client_max_window_bits=11")
    #expect(
      accept("permessage-deflate", configuration: narrow) == "permessage-deflate; server_max_window_bits=12")
    #expect(
      accept("permessage-deflate; server_max_window_bits=9; client_max_window_bits=8", configuration: narrow)
        == "permessage-deflate; server_max_window_bits=9; client_max_window_bits=8")
  }

  @Test(
    "an offer with anything unknown, doubled or out of range is declined",
    arguments: [
      "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=7",
      "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=08",
      "permessage-deflate; server_max_window_bits=+9", "permessage-deflate; client_max_window_bits=0",
      "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=\"true\"",
      "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate; unknown",
      "x-webkit-deflate-frame", "permessage-bzip2",
    ])
  func declined(offer: String) {
    #expect(accept(offer) == nil)
  }

  @Test("of several offers, in one header or several, the first good one is taken")
  func severalOffers() {
    #expect(
      accept(
        "permessage-deflate; server_max_window_bits=99, permessage-deflate; server_max_window_bits=10, permessage-deflate"
      )
        == "permessage-deflate; server_max_window_bits=10")
    #expect(accept("permessage-foo; a=b", "permessage-deflate; bad", "permessage-deflate") == "permessage-deflate")
  }

  @Test("without takeover both directions are told so, asked or not")
  func neverTakeover() {
    #expect(
      accept("permessage-deflate") { $0.contextTakeover = .never }
        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
  }

  @Test(
    "a header outside the grammar is not parsed",
    arguments: ["permessage-deflate;", "a b", "a; =1", "a; b=", "a; b=\"", "a; b=\"x y\"", "a; b=\"\"", ";a", "a, b c"])
  func grammar(header: String) {
    #expect(ExtensionElement.parse([header]) == nil)
  }

  @Test("an answer that fits the offer is agreed to, with the parameters it names")
  func confirm() throws {
    var offered = DeflateConfiguration()
    offered.contextTakeover = .allowed
    let answer = "permessage-deflate; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10"
    let elements = try #require(ExtensionElement.parse([answer]))
    let agreed = try DeflateNegotiation.confirm(elements, offered: offered)
    #expect(
      agreed
        == DeflateParameters(
          serverNoContextTakeover: true, clientNoContextTakeover: false, serverMaxWindowBits: 9,
          clientMaxWindowBits: 10))
    #expect(try DeflateNegotiation.confirm([], offered: offered) == nil)
  }

  @Test(
    "an answer that does not fit the offer fails",
    arguments: [
      "permessage-deflate", "permessage-deflate; server_no_context_takeover",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=13",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; client_max_window_bits",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=15",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; x=y",
      "other", "permessage-deflate, permessage-deflate",
    ])
  func badAnswer(answer: String) throws {
    var offered = DeflateConfiguration()
    offered.peerWindowBits = 12
    offered.windowBits = 14
    let elements = try #require(ExtensionElement.parse([answer]))
    #expect(throws: NegotiationError.self) { try DeflateNegotiation.confirm(elements, offered: offered) }
  }

  @Test("an extension that was not offered fails")
  func notOffered() throws {
    let elements = try #require(ExtensionElement.parse(["permessage-deflate"]))
    #expect(throws: NegotiationError.self) { try DeflateNegotiation.confirm(elements, offered: nil) }
  }

  @Test("whatever a server of ours answers to an offer of ours, the client agrees to the same")
  func bothSides() throws {
    for takeover in [DeflateConfiguration.ContextTakeover.never, .allowed] {
      for own in 8...15 {
        for peer in 8...15 {
          var client = DeflateConfiguration()
          (client.contextTakeover, client.windowBits, client.peerWindowBits) = (takeover, own, peer)
          var server = DeflateConfiguration()
          (server.windowBits, server.peerWindowBits) = (12, 11)
          let offers = try #require(ExtensionElement.parse([DeflateNegotiation.offer(client)]))
          let accepted = try #require(DeflateNegotiation.accept(offers, server))
          let answer = try #require(ExtensionElement.parse([accepted.answer]))
          let confirmed = try #require(try DeflateNegotiation.confirm(answer, offered: client))
          #expect(confirmed.serverNoContextTakeover == accepted.parameters.serverNoContextTakeover)
          #expect(confirmed.serverMaxWindowBits == accepted.parameters.serverMaxWindowBits)
          #expect(confirmed.clientMaxWindowBits <= accepted.parameters.clientMaxWindowBits)
        }
      }
    }
  }
}

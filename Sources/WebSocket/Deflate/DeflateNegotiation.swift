/// The agreement on permessage-deflate (RFC 7692 §5 and §7.1), for both roles.
enum DeflateNegotiation {
  static let name = "permessage-deflate"
  private static let serverNoTakeover = "server_no_context_takeover"
  private static let clientNoTakeover = "client_no_context_takeover"
  private static let serverBits = "server_max_window_bits"
  private static let clientBits = "client_max_window_bits"

  /// The parameters of one offer or answer, each at most once and with a legal value.
  private struct Parsed {
    var serverNoTakeover = false
    var clientNoTakeover = false
    var serverBits: Int?
    /// `.some(nil)`: named without a value, which only an offer may do.
    var clientBits: Int??

    /// `nil` for anything unknown, doubled or out of range: such an offer is declined, such an answer fails.
    init?(_ parameters: [ExtensionElement.Parameter]) {
      var seen: Set<String> = []
      for parameter in parameters {
        guard seen.insert(parameter.name).inserted else { return nil }
        switch (parameter.name, parameter.value) {
        case (DeflateNegotiation.serverNoTakeover, nil): serverNoTakeover = true
        case (DeflateNegotiation.clientNoTakeover, nil): clientNoTakeover = true
        case (DeflateNegotiation.clientBits, nil): clientBits = .some(nil)
        case (DeflateNegotiation.serverBits, let value?):
          guard let bits = DeflateNegotiation.bits(value) else { return nil }
          serverBits = bits
        case (DeflateNegotiation.clientBits, let value?):
          guard let bits = DeflateNegotiation.bits(value) else { return nil }
          clientBits = .some(bits)
        default: return nil
        }
      }
    }
  }

  /// Server: takes the first offer it can, and says so in the value of its own header. `nil` declines all.
  static func accept(
    _ offers: [ExtensionElement], _ configuration: DeflateConfiguration
  ) -> (parameters: DeflateParameters, answer: String)? {
    for offer in offers where offer.name == name {
      guard let asked = Parsed(offer.parameters) else { continue }
      let never = configuration.contextTakeover == .never
      var agreed = DeflateParameters()
      agreed.serverNoContextTakeover = asked.serverNoTakeover || never
      agreed.clientNoContextTakeover = asked.clientNoTakeover || never
      agreed.serverMaxWindowBits = min(asked.serverBits ?? 15, configuration.windowBits)
      // Only a client that named the parameter understands it in the answer (RFC 7692 §7.1.2.2).
      if let clientBits = asked.clientBits {
        agreed.clientMaxWindowBits = min(clientBits ?? 15, configuration.peerWindowBits)
      }
      var answer = name
      if agreed.serverNoContextTakeover { answer += "; \(serverNoTakeover)" }
      if agreed.clientNoContextTakeover { answer += "; \(clientNoTakeover)" }
      if asked.serverBits != nil || agreed.serverMaxWindowBits < 15 {
        answer += "; \(serverBits)=\(agreed.serverMaxWindowBits)"
      }
      if asked.clientBits != nil, agreed.clientMaxWindowBits < 15 {
        answer += "; \(clientBits)=\(agreed.clientMaxWindowBits)"
      }
      return (agreed, answer)
    }
    return nil
  }

  /// Client: the value of the header it sends.
  static func offer(_ configuration: DeflateConfiguration) -> String {
    var offer = name
    if configuration.contextTakeover == .never { offer += "; \(serverNoTakeover); \(clientNoTakeover)" }
    if configuration.peerWindowBits < 15 { offer += "; \(serverBits)=\(configuration.peerWindowBits)" }
    offer += configuration.windowBits < 15 ? "; \(clientBits)=\(configuration.windowBits)" : "; \(clientBits)"
    return offer
  }

  /// Client: checks the server's answer against what ``offer(_:)`` said. `nil` when compression was not taken up; throws
  /// the reason when the answer must fail the connection (RFC 7692 §5.1).
  static func confirm(
    _ answer: [ExtensionElement], offered configuration: DeflateConfiguration?
  ) throws(NegotiationError) -> DeflateParameters? {
    guard let element = answer.first else { return nil }
    guard let configuration, answer.count == 1, element.name == name else {
      throw NegotiationError("the server chose an extension that was not offered: \(element.name)")
    }
    guard let chosen = Parsed(element.parameters) else {
      throw NegotiationError("the server's \(name) parameters are unknown, doubled or out of range")
    }
    let never = configuration.contextTakeover == .never
    if never, !chosen.serverNoTakeover { throw NegotiationError("the server did not confirm \(serverNoTakeover)") }
    if configuration.peerWindowBits < 15 {
      guard let bits = chosen.serverBits, bits <= configuration.peerWindowBits else {
        throw NegotiationError("the server did not confirm \(serverBits)=\(configuration.peerWindowBits)")
      }
    }
    var agreed = DeflateParameters()
    agreed.serverNoContextTakeover = chosen.serverNoTakeover
    agreed.clientNoContextTakeover = chosen.clientNoTakeover || never
    agreed.serverMaxWindowBits = chosen.serverBits ?? 15
    agreed.clientMaxWindowBits = configuration.windowBits
    if let clientBits = chosen.clientBits {
      guard let bits = clientBits else { throw NegotiationError("the server's \(Self.clientBits) has no value") }
      guard bits <= configuration.windowBits else {
        throw NegotiationError("the server asks for \(Self.clientBits)=\(bits), more than offered")
      }
      agreed.clientMaxWindowBits = bits
    }
    return agreed
  }

  /// 8 to 15 in decimal without a leading zero (RFC 7692 §7.1.2).
  private static func bits(_ text: String) -> Int? {
    guard let bits = Int(text), (8...15).contains(bits), String(bits) == text else { return nil }
    return bits
  }
}

/// Why an answer to our offer cannot be accepted.
struct NegotiationError: Error, Equatable {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// What both sides agreed on: the four parameters of RFC 7692 §7.1.
struct DeflateParameters: Sendable, Equatable {
  var serverNoContextTakeover = false
  var clientNoContextTakeover = false
  var serverMaxWindowBits = 15
  var clientMaxWindowBits = 15

  /// May this side's messages refer to earlier ones?
  func ownTakeover(_ role: Role) -> Bool { role == .server ? !serverNoContextTakeover : !clientNoContextTakeover }
  /// May the peer's?
  func peerTakeover(_ role: Role) -> Bool { role == .server ? !clientNoContextTakeover : !serverNoContextTakeover }
  func ownWindowBits(_ role: Role) -> Int { role == .server ? serverMaxWindowBits : clientMaxWindowBits }
  func peerWindowBits(_ role: Role) -> Int { role == .server ? clientMaxWindowBits : serverMaxWindowBits }
}

package import WeirWire

extension Message {
  /// All text parts, joined.
  package var text: String {
    if parts.count == 1, case .text(let only)? = parts[0].part { return only }
    var joined = ""
    for case .text(let piece)? in parts.map(\.part) { joined += piece }
    return joined
  }
}

/// One element of Sec-WebSocket-Extensions (RFC 6455 §9.1): a name and its parameters in order.
struct ExtensionElement: Equatable {
  struct Parameter: Equatable {
    let name: String
    let value: String?
  }

  let name: String
  let parameters: [Parameter]

  /// Parses the values of all such header lines, in order. `nil` when one does not follow the grammar. Linear in time.
  static func parse(_ headerValues: [String]) -> [ExtensionElement]? {
    var elements: [ExtensionElement] = []
    for value in headerValues {
      var scanner = TokenScanner(value)
      while true {
        scanner.skipListGaps()
        if scanner.isAtEnd { break }
        guard let element = parseElement(&scanner) else { return nil }
        elements.append(element)
        guard scanner.isAtEnd || scanner.skip(",") else { return nil }
      }
    }
    return elements
  }

  private static func parseElement(_ scanner: inout TokenScanner) -> ExtensionElement? {
    guard let name = scanner.token() else { return nil }
    var parameters: [Parameter] = []
    scanner.skipSpaces()
    while scanner.skip(";") {
      scanner.skipSpaces()
      guard let parameter = scanner.token() else { return nil }
      scanner.skipSpaces()
      var value: String?
      if scanner.skip("=") {
        scanner.skipSpaces()
        guard let found = scanner.tokenOrQuoted() else { return nil }
        value = found
        scanner.skipSpaces()
      }
      parameters.append(Parameter(name: parameter.lowercased(), value: value))
    }
    return ExtensionElement(name: name.lowercased(), parameters: parameters)
  }
}

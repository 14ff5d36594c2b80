import ArgumentParser
import WebSocket

/// The options of `--raw`.
struct RawOptions: ParsableArguments {
  @Flag(help: "Speak bare WebSocket with any server: lines are sent as text, frames are printed as they come.")
  var raw = false

  @Option(
    name: [.customShort("H"), .long],
    help: ArgumentHelp("A header of the opening request; may be repeated.", valueName: "name: value"))
  var header: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A subprotocol to offer; may be repeated. With weir.v1 frames are shown as JSON.", valueName: "name"))
  var subprotocol: [String] = []

  @Option(help: ArgumentHelp("The Origin header.", valueName: "origin"))
  var origin: String?

  @Option(
    name: [.customShort("x"), .customLong("execute")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Send this line and leave; may be repeated.", valueName: "line"))
  var execute: [String] = []

  @Option(
    name: .shortAndLong, parsing: .unconditional,
    help: ArgumentHelp(
      "Seconds to wait for answers after the last line; -1: until the server closes.", valueName: "seconds"))
  var wait: Double = defaultWait

  @Option(help: ArgumentHelp("Leave after so many messages.", valueName: "n"))
  var maxMessages: Int?

  @Flag(help: "Come back after a lost connection.")
  var reconnect = false

  @Flag(help: "Print binary messages as hexadecimal digits.")
  var hex = false

  @Flag(help: "Print binary messages as base64.")
  var base64 = false

  @Flag(name: [.customShort("t"), .long], help: "Print when each frame came.")
  var timestamps = false

  @Flag(help: "Send every line as it is: no line is a command.")
  var noCommands = false

  /// Whether anything was given that makes sense with `--raw` only.
  var isUsed: Bool {
    !header.isEmpty || !subprotocol.isEmpty || origin != nil || !execute.isEmpty || wait != Self.defaultWait
      || maxMessages != nil || reconnect || hex || base64 || timestamps || noCommands
  }

  static let defaultWait = 2.0

  mutating func validate() throws {
    if hex, base64 { throw ValidationError("Give --hex or --base64, not both.") }
    if let maxMessages, maxMessages < 1 { throw ValidationError("--max-messages is a number from 1 on.") }
    guard wait.isFinite, wait >= 0 || wait == -1, wait < 1e6 else {
      throw ValidationError("--wait is a number of seconds from 0 on, or -1 to wait for ever.")
    }
    for line in header { _ = try Self.split(header: line) }
    for name in subprotocol where name.isEmpty || !name.utf8.allSatisfy(Self.isTokenByte) {
      throw ValidationError("\"\(name)\" is no name of a subprotocol: letters, digits and !#$%&'*+-.^_`|~ only.")
    }
  }

  /// `-H "Name: value"` in its parts.
  static func split(header line: String) throws -> (name: String, value: String) {
    guard let colon = line.firstIndex(of: ":") else {
      throw ValidationError("\"\(line)\" is no header; write it as 'Name: value'.")
    }
    let name = String(line[..<colon])
    let value = line[line.index(after: colon)...].trimmingBlanks()
    guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
      throw ValidationError("\"\(name)\" is no name of a header: letters, digits and !#$%&'*+-.^_`|~ only.")
    }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw ValidationError("The value of the header \"\(name)\" has control characters; remove them.")
    }
    return (name, value)
  }

  /// RFC 9110 section 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

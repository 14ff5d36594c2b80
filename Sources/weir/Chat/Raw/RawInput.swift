import Foundation
import WebSocket
import WeirClient

/// What one line of raw mode asks for.
enum RawInput: Equatable, Sendable {
  case text(String)
  case binary([UInt8])
  /// Send the file's bytes.
  case file(String)
  /// Send this ClientFrame, written as JSON.
  case frame(String)
  /// nil: one of our own making.
  case ping([UInt8]?)
  case pong([UInt8])
  case close(CloseCode, reason: String)
  case help
  /// Nothing to send.
  case blank

  /// A line that cannot be carried out; the sentence says why and how to write it.
  struct Mistake: Error, Equatable {
    let sentence: String
  }

  static let manual = """
    TEXT                  send the line as a text message
    //TEXT                a text message that begins with a slash
    /text TEXT            a text message, empty ones and blanks included
    /hex DIGITS           a binary message
    /binary @FILE|BASE64  a binary message from a file, or from base64
    /json {...}           a weir.v1 ClientFrame, for example {"ping":{"nonce":"1"}}
    /ping [TEXT]          a ping; the answer shows the round trip
    /pong [TEXT]          a pong that nobody asked for
    /close [CODE [TEXT]]  close the connection (1000)
    /help                 this list
    """

  /// Reads a line.
  static func parse(_ line: String, commands: Bool = true) throws(Mistake) -> RawInput {
    guard commands, line.hasPrefix("/") else { return line.isEmpty ? .blank : .text(line) }
    if line.hasPrefix("//") { return .text(String(line.dropFirst())) }
    let (name, argument) = line.dropFirst().splitAtBlank()
    switch name {
    // The text as it stands: only the one blank after the word is not part of it.
    case "text": return .text(String(line.dropFirst("/text ".count)))
    case "hex":
      guard let bytes = Hex.decode(argument) else {
        throw Mistake(sentence: "\"\(argument)\" is not pairs of hexadecimal digits; write /hex 0a ff.")
      }
      return .binary(bytes)
    case "binary": return try binary(argument)
    case "json":
      guard argument.hasPrefix("{") else { throw Mistake(sentence: "Write it as /json {...}; /help shows an example.") }
      return .frame(argument)
    case "ping": return .ping(argument.isEmpty ? nil : try controlPayload(argument))
    case "pong": return .pong(try controlPayload(argument))
    case "close": return try close(argument)
    case "help", "?": return .help
    default:
      throw Mistake(sentence: "There is no command /\(name); /help lists all. Text that begins with a slash is //text.")
    }
  }

  private static func binary(_ argument: String) throws(Mistake) -> RawInput {
    if argument.hasPrefix("@"), argument.count > 1 { return .file(String(argument.dropFirst())) }
    // Both alphabets, with or without the signs at the end (RFC 4648 sections 4 and 5).
    var standard = argument.filter { $0 != "=" && $0 != " " }
    standard = String(standard.map { $0 == "-" ? "+" : ($0 == "_" ? "/" : $0) })
    let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    guard !argument.isEmpty, let data = Data(base64Encoded: standard + padding) else {
      throw Mistake(sentence: "\"\(argument)\" is not base64; write /binary BASE64 or /binary @FILE.")
    }
    return .binary([UInt8](data))
  }

  /// Control frames carry at most 125 bytes (RFC 6455 section 5.5).
  private static func controlPayload(_ text: String) throws(Mistake) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count <= 125 else {
      throw Mistake(sentence: "A ping or pong carries at most 125 bytes, and this has \(bytes.count); shorten it.")
    }
    return bytes
  }

  private static func close(_ argument: String) throws(Mistake) -> RawInput {
    if argument.isEmpty { return .close(.normal, reason: "") }
    let (word, reason) = argument.splitAtBlank()
    guard let number = UInt16(word), CloseCode(number).isValidOnTheWire else {
      throw Mistake(sentence: "\"\(word)\" is no close code that may be sent; use 1000 or one from 3000 to 4999.")
    }
    guard reason.utf8.count <= 123 else {
      throw Mistake(sentence: "The reason of a close has at most 123 bytes, and this has \(reason.utf8.count).")
    }
    return .close(CloseCode(number), reason: reason)
  }
}

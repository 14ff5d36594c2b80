import ArgumentParser
import Foundation
import WeirClient

/// What to talk about, and how.
struct TalkOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Send this, print the answer to stdout, and leave. - reads the text from stdin.", valueName: "text"))
  var once: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Go on with this conversation; it is made if there is none.", valueName: "id"))
  var conversation: String?

  @Flag(
    help:
      "Begin a new conversation. Without this and --conversation the last one goes on; with --once a new one begins.")
  var new = false

  @Option(help: ArgumentHelp("The model that answers.", valueName: "name"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "What becomes of a message while another answer runs: queue, interrupt or reject.", valueName: "choice"))
  var onConflict: ConflictChoice = .queue

  @Option(help: ArgumentHelp("The lane to wait in; without it the best that the token allows.", valueName: "name"))
  var lane: String?

  @Option(
    help: ArgumentHelp("Refuse the answer if it has not begun after so many seconds.", valueName: "seconds"))
  var deadline: Double?

  @Flag(name: .customLong("no-cache"), help: "Take no answer from the server's cache.")
  var noCache = false

  @Option(
    help: ArgumentHelp(
      "Tools the model may call: a file with a JSON array in OpenAI's form. /result answers a call.",
      valueName: "file"))
  var tools: String?

  @Option(help: ArgumentHelp("With --once: give up after so many seconds.", valueName: "seconds"))
  var timeout: Double?

  @Flag(help: "Show answers as they come, not as what their Markdown means. So it is too where stdout is no terminal.")
  var plain = false

  @Flag(
    name: .customLong("no-history"), help: "Neither read nor keep what was typed (~/.local/state/weir/chat-history).")
  var noHistory = false

  @Option(help: ArgumentHelp("How frames are written: binary (protobuf) or json.", valueName: "format"))
  var wire: WireFormat = .binary

  enum WireFormat: String, CaseIterable, ExpressibleByArgument {
    case binary
    case json
  }

  mutating func validate() throws {
    if new, conversation != nil { throw ValidationError("Give --new or --conversation, not both.") }
    if let timeout, !(timeout > 0 && timeout < 1e6) {
      throw ValidationError("--timeout is a number of seconds above 0.")
    }
    if let deadline, !(deadline >= 0.001 && deadline < 1e6) {
      throw ValidationError("--deadline is a number of seconds, from 0.001 on.")
    }
    if timeout != nil, once == nil { throw ValidationError("--timeout goes with --once.") }
  }

  /// Whether anything was given that only a turn has.
  var asksForTurns: Bool {
    once != nil || conversation != nil || new || model != nil || lane != nil || deadline != nil || noCache
      || tools != nil
  }

  /// What every turn is asked for with. Reads the file of `--tools`.
  func turnOptions() throws(WeirClientError) -> TurnOptions {
    TurnOptions(lane: lane, deadline: deadline.map { .seconds($0) }, tools: try readTools(), skipsCache: noCache)
  }

  /// The largest file of `--tools`.
  static let maximumToolsBytes = 1024 * 1024

  private func readTools() throws(WeirClientError) -> String? {
    guard let tools else { return nil }
    guard let file = FileHandle(forReadingAtPath: tools),
      let data = try? file.read(upToCount: Self.maximumToolsBytes + 1), data.count <= Self.maximumToolsBytes
    else {
      throw WeirClientError(
        code: .invalidArgument,
        message: "The file \(tools) cannot be read, or has more than 1 MiB; check the path of --tools.")
    }
    guard let text = String(data: data, encoding: .utf8), (try? JSONSerialization.jsonObject(with: data)) is [Any]
    else {
      throw WeirClientError(
        code: .invalidArgument,
        message: "The file \(tools) holds no JSON array; write it as "
          + #"[{"type":"function","function":{"name":"...","parameters":{...}}}]."#)
    }
    return text
  }
}

extension ConflictChoice: ExpressibleByArgument {}

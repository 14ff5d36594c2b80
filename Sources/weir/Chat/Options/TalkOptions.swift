import ArgumentParser
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

  @Option(help: ArgumentHelp("With --once: give up after so many seconds.", valueName: "seconds"))
  var timeout: Double?

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
    if timeout != nil, once == nil { throw ValidationError("--timeout goes with --once.") }
  }
}

extension ConflictChoice: ExpressibleByArgument {}

/// What may be written to the terminal, from the environment that every program is told by: `NO_COLOR`
/// (https://no-color.org), `CLICOLOR` and `CLICOLOR_FORCE` (https://bixense.com/clicolors), `TERM`.
struct TerminalFeatures: Equatable, Sendable {
  /// Whether a person types.
  let inputIsTerminal: Bool
  /// Whether a person reads stdout.
  let outputIsTerminal: Bool
  /// Whether stdout takes colours, and answers are shown as what their Markdown means.
  let colorsOutput: Bool
  /// Whether stderr takes colours.
  let colorsErrors: Bool
  /// Whether links can be clicked (OSC 8).
  let hyperlinks: Bool
  /// Whether rows can be taken back: the line being typed, what is waited for.
  let isLive: Bool
  /// Whether stderr is the same terminal, so that what is said there has to make room for such rows.
  let sharesErrors: Bool

  init(environment: [String: String], input: Bool, output: Bool, error: Bool) {
    let isSet: (String) -> Bool = { !(environment[$0] ?? "").isEmpty }
    let isDumb = environment["TERM"] == "dumb" || !isSet("TERM")
    let isForced = isSet("CLICOLOR_FORCE") && environment["CLICOLOR_FORCE"] != "0" && !isSet("NO_COLOR")
    let isPlain = isSet("NO_COLOR") || environment["CLICOLOR"] == "0" || isDumb
    inputIsTerminal = input
    outputIsTerminal = output
    colorsOutput = isForced || output && !isPlain
    colorsErrors = isForced || error && !isPlain
    hyperlinks = colorsOutput && Self.knowsLinks(environment)
    isLive = output && !isDumb
    sharesErrors = output && error
  }

  /// Terminals that are known to hide the address and not to show it as rubbish. There is no way to ask.
  private static func knowsLinks(_ environment: [String: String]) -> Bool {
    if let forced = environment["FORCE_HYPERLINK"] { return forced != "0" && !forced.isEmpty }
    let term = environment["TERM"] ?? ""
    // What is inside of a multiplexer depends on its version and on what is outside.
    if environment["TMUX"] != nil || term.hasPrefix("screen") { return false }
    let programs: Set = ["iTerm.app", "WezTerm", "vscode", "ghostty", "rio", "Hyper"]
    if programs.contains(environment["TERM_PROGRAM"] ?? "") { return true }
    if let version = environment["VTE_VERSION"].flatMap({ Int($0) }), version >= 5_000 { return true }
    if environment["WT_SESSION"] != nil || environment["KONSOLE_VERSION"] != nil { return true }
    return ["xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm"].contains { term.hasPrefix($0) }
  }
}

import Testing

@testable import weir

@Suite("What a terminal takes")
struct TerminalFeaturesTests {
  private func features(_ environment: [String: String], output: Bool = true) -> TerminalFeatures {
    let defaults = ["TERM": "xterm-256color"]
    return TerminalFeatures(
      environment: defaults.merging(environment) { $1 }, input: true, output: output, error: output)
  }

  @Test(
    "colours are for a terminal that wants them, or where they are asked for",
    arguments: [
      ([:], true, true), ([:], false, false), (["NO_COLOR": "1"], true, false), (["NO_COLOR": ""], true, true),
      (["TERM": "dumb"], true, false), (["TERM": ""], true, false), (["CLICOLOR": "0"], true, false),
      (["CLICOLOR_FORCE": "1"], false, true), (["CLICOLOR_FORCE": "0"], false, false),
      (["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], true, false),
    ] as [([String: String], Bool, Bool)])
  func colors(environment: [String: String], isTerminal: Bool, expected: Bool) {
    #expect(features(environment, output: isTerminal).colorsOutput == expected)
  }

  @Test("rows are taken back on a terminal that can, coloured or not")
  func live() {
    #expect(features(["NO_COLOR": "1"]).isLive)
    #expect(!features(["TERM": "dumb"]).isLive && !features([:], output: false).isLive)
    #expect(!features(["CLICOLOR_FORCE": "1"], output: false).isLive)
  }

  @Test(
    "links are for terminals that are known to take them",
    arguments: [
      ([:], false), (["TERM_PROGRAM": "iTerm.app"], true), (["VTE_VERSION": "7600"], true),
      (["VTE_VERSION": "4200"], false),
      (["TERM": "xterm-kitty"], true), (["TERM": "xterm-kitty", "TMUX": "/tmp/x"], false), (["WT_SESSION": "1"], true),
      (["FORCE_HYPERLINK": "1"], true), (["FORCE_HYPERLINK": "0", "WT_SESSION": "1"], false),
      (["WT_SESSION": "1", "NO_COLOR": "1"], false),
    ] as [([String: String], Bool)])
  func links(environment: [String: String], expected: Bool) {
    #expect(features(environment).hyperlinks == expected)
  }
}

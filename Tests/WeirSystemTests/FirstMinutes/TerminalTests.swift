import Testing

extension SystemTests {
  /// `weir chat` on a pseudo terminal, with an emulator that is not ours for a screen.
  @Suite struct Terminal {
    @Test(
      "at a terminal chat edits lines, shows Markdown, bears a resize, stops at Ctrl-C, and gives the terminal back",
      .enabled(if: Python.runs(.pyte), "no Python with pyte; Tests/run makes one"))
    func conversation() async throws {
      let result = try await Python.run("terminal.py", [try Weir.binary()])
      #expect(result.exit == .code(0), "\(result.out)\n\(result.err)")
      #expect(result.out == "ok\n")
    }
  }
}

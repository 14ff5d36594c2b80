/// Where the lines of a conversation come from: a pipe, or a person at a terminal.
protocol LineSource: AnyObject, Sendable {
  /// Begins to read. Once.
  func start()
  /// The next line, without its end.
  func next() async -> LineReader.Line
  /// Shows that a line is awaited.
  func show()
  /// Shows a line that was typed before there was a place for it.
  func echo(_ line: String)
  /// Throws away what was typed and not sent. False: there was nothing.
  func discard() -> Bool
  /// Shows the line again after something happened to the terminal.
  func redraw()
  /// Gives the terminal back as it was: for some time, until `resume`.
  func suspend()
  /// Takes the terminal again.
  func resume()
  /// Gives the terminal back as it was.
  func stop()
}

import Foundation

/// What the command writes: the result to stdout, everything said about it to stderr. Writes at once and whole.
struct Console: Sendable {
  /// How a piece of text looks on a terminal.
  enum Style: String, Sendable {
    case plain = ""
    case dim = "2"
    case bold = "1"
    case red = "31"
    case green = "32"
    case cyan = "36"
  }

  /// What the terminal takes.
  let features: TerminalFeatures
  /// Stdout, where it is a terminal whose rows can be taken back, or takes colours.
  let screen: Screen?

  /// Whether a person types.
  var inputIsTerminal: Bool { features.inputIsTerminal }
  /// Whether a person reads stdout.
  var outputIsTerminal: Bool { features.outputIsTerminal }

  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let features = TerminalFeatures(
      environment: environment, input: isatty(STDIN_FILENO) == 1, output: isatty(STDOUT_FILENO) == 1,
      error: isatty(STDERR_FILENO) == 1)
    self.features = features
    let painter = Painter(colors: features.colorsOutput, hyperlinks: features.hyperlinks)
    screen =
      features.isLive || features.colorsOutput
      ? Screen(painter: painter, isLive: features.isLive) {
        TerminalSize.current(environment: environment)
      } write: {
        Self.write($0, to: STDOUT_FILENO)
      } : nil
  }

  /// Writes to stdout. Text of others loses what a terminal would obey.
  func out(_ text: String, _ style: Style = .plain) {
    let safe = outputIsTerminal ? TerminalText.harmless(text) : text
    raw(Self.styled(safe, style, features.colorsOutput))
  }

  /// Writes a line to stdout.
  func line(_ text: String, _ style: Style = .plain) {
    out(text, style)
    raw("\n")
  }

  /// Writes bytes to stdout as they are.
  func raw(_ text: String) {
    if let screen { screen.put(text) } else { Self.write(text, to: STDOUT_FILENO) }
  }

  /// Writes a line to stderr.
  func note(_ text: String, _ style: Style = .dim) {
    let text = TerminalText.harmless(text)
    if let screen, features.sharesErrors {
      let rows = features.isLive ? Self.wrapped(text, width: screen.size.columns) : text
      screen.putLine(Self.styled(rows, style, features.colorsErrors))
    } else {
      Self.write(Self.styled(text, style, features.colorsErrors) + "\n", to: STDERR_FILENO)
    }
  }

  /// With rows that end between words.
  static func wrapped(_ text: String, width: Int) -> String {
    var wrapper = LineWrapper(width: width)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indent = [StyledText(String(line.prefix { $0 == " " }))]
      wrapper.begin(first: indent, rest: indent)
      wrapper.add(StyledText(String(line)))
      wrapper.end()
    }
    return String(wrapper.take().plainText.dropLast())
  }

  /// Shows a person that a line is awaited, without ending the line.
  func prompt(_ text: String) {
    Self.write(Self.styled(text, .cyan, features.colorsErrors), to: STDERR_FILENO)
  }

  /// Writes what went wrong to stderr.
  func error(_ sentence: String) {
    note("weir chat: \(sentence)", .red)
  }

  private static func styled(_ text: String, _ style: Style, _ colors: Bool) -> String {
    colors && style != .plain && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while let base = rest.baseAddress, !rest.isEmpty {
        let written = Foundation.write(descriptor, base, rest.count)
        if written > 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        } else if written < 0, errno == EINTR || errno == EAGAIN {
          if errno == EAGAIN { Self.waitUntilWritable(descriptor) }
        } else {
          // Whoever read us is gone (`| head`): there is nobody left to tell. The status is a shell's for SIGPIPE.
          exit(141)
        }
      }
    }
  }

  private static func waitUntilWritable(_ descriptor: Int32) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = poll(&entry, 1, -1)
  }
}

import WeirClient

/// `--once`: one message, one answer on stdout, and an exit status.
struct Once {
  let console: Console
  let client: WeirClient
  let options: TalkOptions
  let turns: TurnOptions
  let style: TurnPrinter.Style

  /// Sends `text` and shows the answer.
  func run(_ text: String) async -> ExitStatus {
    let clock = Stopwatch()
    do throws(WeirClientError) {
      let events = await client.events()
      try await client.connect()
      let notices = Task { await Notices(console: console, json: style.json).show(events) }
      defer { notices.cancel() }
      var printer = TurnPrinter(console: console, style: style, clock: clock)
      let stream = await client.send(
        text, to: options.conversation ?? "", onConflict: options.onConflict, model: options.model, options: turns)
      defer { printer.answerScreen?.stop() }
      for await event in stream {
        if let status = printer.show(event, at: clock.elapsed) { return status }
      }
      return .interrupted
    } catch {
      return failed(error)
    }
  }

  /// The same within `--timeout`.
  func run(_ text: String, timeout: Duration?) async -> ExitStatus {
    guard let timeout else { return await run(text) }
    return await withTaskGroup(of: ExitStatus?.self) { group in
      group.addTask { await run(text) }
      group.addTask {
        do {
          try await Task.sleep(for: timeout)
          return nil
        } catch {
          return .interrupted
        }
      }
      defer { group.cancelAll() }
      // The first to end decides; nil is the clock.
      guard let first = await group.next(), let status = first else {
        console.error("No whole answer came in \(JSONLine.decimal(timeout.inSeconds, digits: 1)) s; give it more time.")
        await client.close()
        return .timeout
      }
      return status
    }
  }

  private func failed(_ error: WeirClientError) -> ExitStatus {
    if style.json {
      var line = JSONLine()
      line.add("event", "failed")
      line.add(error)
      console.raw(line.text + "\n")
    } else {
      console.error(error.advice)
    }
    return ExitStatus(error)
  }
}

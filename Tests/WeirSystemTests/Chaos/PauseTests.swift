import Foundation
import Testing
import WeirClient

extension SystemTests {
  /// A process that stands still for a while, as a virtual machine does that is moved or a laptop that is closed.
  @Suite struct Pause {
    private static let users = 20
    private static let pause = TestRun.isFull ? 30 : 6
    /// The provider says its last token some time after the pause.
    private static let answer = [
      "--first-token", "20ms", "--between-tokens", "50ms", "--tokens", "\((pause + 1) * 20 + 20)",
    ]
    /// The limits that the pause exceeds, as those of the defaults are exceeded by a longer one.
    private static let limits = [
      "--set", "upstream.stallTimeout=\(pause / 2)s", "--set", "websocket.pingInterval=\(pause / 3)s",
      "--set", "websocket.stallLimit=\(pause / 2)s",
    ]

    @Test("a server stopped for longer than its limits goes on where it was: no answer is lost, cut or doubled")
    func server() async throws {
      let provider = try await FakeProvider.start(Self.answer)
      defer { provider.stop() }
      try await withServer(provider.arguments + Self.limits) { server in
        let crowd = try Crowd(Self.users, port: server.port, ping: .seconds(1))
        try await crowd.each { try await $0.connect() }
        try await crowd.ask("a story") {
          server.child.signal(SIGSTOP)
          // The pause itself is what is tested.
          try await Task.sleep(for: .seconds(Self.pause))
          server.child.signal(SIGCONT)
        }
        let whole = crowd.askers[0].reading.text
        try await crowd.each { asker in
          let reading = asker.reading
          #expect(reading.finished?.reason == .complete, "\(asker.user): \(String(describing: reading.end))")
          #expect(reading.text == whole, "\(asker.user)")
          let history = try await asker.history()
          #expect(history.map(\.role) == [.user, .assistant], "\(asker.user)")
          #expect(history.last?.text == whole, "\(asker.user)")
        }
        #expect(whole.split(separator: " ").count == (Self.pause + 1) * 20 + 20)
        #expect(try await provider.figure("requests") == Self.users, "nothing was asked twice")
        await crowd.close()
      }
    }

    @Test("a provider that stands still is given up in time, its text is kept, and the answer can be continued")
    func provider() async throws {
      let provider = try await FakeProvider.start(Self.answer)
      defer { provider.stop() }
      try await withServer(provider.arguments + ["--set", "upstream.stallTimeout=2s"]) { server in
        let crowd = try Crowd(4, port: server.port)
        try await crowd.each { try await $0.connect() }
        try await crowd.ask("a story") { provider.child.signal(SIGSTOP) }
        provider.child.signal(SIGCONT)
        try await provider.set(#"{"betweenTokens": "1ms"}"#)
        try await crowd.each { asker in
          let first = asker.reading
          #expect(first.failed?.error.code == .upstreamTimeout, "\(asker.user): \(String(describing: first.end))")
          #expect(first.failed?.partialKept == true, "\(asker.user)")
          await asker.goOn()
          #expect(
            asker.reading.finished?.reason == .complete, "\(asker.user): \(String(describing: asker.reading.end))")
          let history = try await asker.history()
          #expect(history.map(\.role) == [.user, .assistant], "\(asker.user)")
          #expect(history.last?.text == first.text + asker.reading.text, "\(asker.user)")
        }
        await crowd.close()
      }
    }
  }
}

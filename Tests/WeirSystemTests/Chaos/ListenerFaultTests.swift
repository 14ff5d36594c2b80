import Glibc
import Testing
import WeirWire

extension SystemTests {
  /// `accept` fails, which it does for many reasons (accept(2)).
  @Suite(.enabled(if: FaultShim.isPossible, "there is no C compiler")) struct ListenerFault {
    @Test("an error of accept that passes is waited out without a busy loop", arguments: [ENFILE, ENOMEM, ENOBUFS])
    func passing(_ code: Int32) async throws {
      let directory = try TemporaryDirectory()
      let listener = try await FaultyListener(in: directory)
      let server = try await Self.start(listener, directory)
      let device = try await Device.connect(server, user: "ann")
      try listener.fail(with: code)
      let caller = try await RawConnection.open(port: server.port)
      caller.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      #expect(try await device.converse("still there?", in: "talk").finished?.reason == .complete)
      let before = try server.cpuSeconds()
      // Time has to pass for a loop that turns without work to show.
      try await Task.sleep(for: .seconds(1))
      #expect(try server.cpuSeconds() - before < 0.35, "a server that cannot accept turned in circles")
      try listener.fail(with: 0)
      #expect(HTTPReply(try await caller.untilClosed())?.status == 200)
      try await server.killNow()
    }

    @Test("an error of accept that ends the listening ends the server in order, with words and 71")
    func lasting() async throws {
      let directory = try TemporaryDirectory()
      let listener = try await FaultyListener(in: directory)
      let server = try await Self.start(listener, directory)
      let device = try await Device.connect(server, user: "ann")
      _ = try await device.converse("hello", in: "talk")
      try listener.fail(with: EPERM)
      // The listener may be gone before this is told that it is connected.
      let caller = try? await RawConnection.open(port: server.port)
      let ended = try await server.child.result(within: .seconds(30))
      #expect(ended.exit == .code(71), "\(ended.err)")
      #expect(ended.err.contains("ended the listening"), "\(ended.err)")
      expectNoTrace(ended)
      let goodbye = try await device.wait(for: "Goodbye") { frame in
        if case .goodbye(let it)? = frame.frame { it } else { nil }
      }
      #expect(goodbye.code == .shuttingDown)
      caller?.close()
    }

    private static func start(_ listener: FaultyListener, _ directory: TemporaryDirectory) async throws -> ServerProcess
    {
      try await ServerProcess.start(
        data: directory.file("data"), ServerProcess.fastDemo, environment: listener.environment)
    }
  }
}

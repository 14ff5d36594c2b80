import Testing
import WeirWire

extension SystemTests {
  /// No descriptor is left for another connection.
  @Suite struct Descriptors {
    @Test(
      "at the limit of descriptors the server rests, serves who is there, stores, and takes new devices when it can",
      arguments: TestRun.isFull ? [64, 128, 256] : [64])
    func limit(_ descriptors: Int) async throws {
      let directory = try TemporaryDirectory()
      // Callers that say nothing may stay for as long as the test needs them.
      let arguments = ServerProcess.fastDemo + ["--set", "websocket.handshakeTimeout=60s"]
      let server = try await ServerProcess.start(
        data: directory.file("data"), arguments,
        shell: ["/bin/sh", "-c", "ulimit -n \(descriptors) && exec \"$@\"", "sh"])
      let living = try await Device.connect(server, user: "ann")
      _ = try await living.converse("hello", in: "talk")

      let callers = try CallerSockets(300, port: server.port)
      // As many are in as may be; the others wait in the kernel. Then nothing happens any more.
      let settled = try await Self.settledCount(server)
      #expect(settled < descriptors)
      let before = try server.cpuSeconds()
      let start = ContinuousClock.now
      for number in 1...20 {
        let answer = try await living.converse("still there? \(number)", in: "talk")
        #expect(answer.finished?.reason == .complete, "what needs descriptors elsewhere goes on")
      }
      // Time has to pass for a loop that turns without work to show.
      try await Task.sleep(until: start + .seconds(2))
      let busy = (try server.cpuSeconds() - before) / ((ContinuousClock.now - start) / .seconds(1))
      print("descriptors: \(settled) of \(descriptors) in use, \(Int(busy * 100)) % CPU while 300 callers wait")
      #expect(busy < 0.35, "a server at its limit turned in circles")
      #expect(server.child.state.value.err.split(separator: "\n").count < 10, "\(server.child.state.value.err)")

      callers.close()
      let next = try await Device.connect(server, user: "bob")
      #expect(try await next.converse("may I come in?").finished?.reason == .complete)
      try await poll("the callers' descriptors to be free") { try server.openDescriptors() < settled ? () : nil }
      #expect(try await HTTPReply.get("/healthz", port: server.port).status == 200)
      try await server.killNow()
    }

    /// How many descriptors the server has once that does not change any more.
    private static func settledCount(_ server: ServerProcess) async throws -> Int {
      var last = 0
      return try await poll("a number of descriptors that stays") {
        let now = try server.openDescriptors()
        defer { last = now }
        return now == last ? now : nil
      }
    }
  }
}

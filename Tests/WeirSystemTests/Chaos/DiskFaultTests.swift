import Testing
import WeirWire

extension SystemTests {
  /// A disk that fails under load: nothing is acknowledged that is not there, and everybody is told.
  @Suite(.enabled(if: FaultShim.isPossible, "there is no C compiler")) struct DiskFault {
    @Test("an fsync that fails ends the server in words, is never tried again, and all that was acknowledged is there")
    func sync() async throws {
      let directory = try TemporaryDirectory()
      let disk = try await FaultyDisk(in: directory)
      let server = try await Self.start(disk)
      let writers = (0..<4).map { NumberedWriter(user: "user\($0)", conversation: "w\($0)") }
      let acknowledged = Watched(0) { "\($0) acknowledged" }
      let ended = try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in writers {
          let device = try await writer.connect(to: server)
          group.addTask { try await writer.run(on: device, refusal: .notSaved) { acknowledged.update { $0 += 1 } } }
        }
        _ = try await acknowledged.first("acknowledgements", within: .seconds(60)) { $0 > 100 ? true : nil }
        try disk.begin(.sync)
        let ended = try await server.child.result(within: .seconds(20))
        try await group.waitForAll()
        return ended
      }
      #expect(ended.exit == .code(74), "\(ended.err)")
      #expect(ended.err.contains("did not confirm"), "\(ended.err)")
      expectNoTrace(ended)
      #expect(disk.failedSyncs == 1, "an fsync that failed tells nothing when it is tried again")

      try disk.mend()
      let restarted = try await Self.start(disk)
      for writer in writers { _ = try await writer.compare(with: restarted, "after a failed fsync") }
      try await restarted.killNow()
    }

    @Test(
      "a disk that takes no writes is told to everybody, loses nothing acknowledged, and lets all read",
      arguments: [FaultyDisk.Fault.write, .space])
    func write(_ fault: FaultyDisk.Fault) async throws {
      let directory = try TemporaryDirectory()
      let disk = try await FaultyDisk(in: directory)
      let server = try await Self.start(disk)
      let device = try await Device.connect(server, user: "ann")
      var acknowledged: [Ack] = []
      for number in 1...20 { acknowledged.append(try await device.say("message \(number)", in: "talk")) }
      try await server.waitForMetric("weir_turns_running") { $0 == 0 }
      try disk.begin(fault)
      for number in 21...25 {
        let reply = try await device.ask(
          .sendMessage(.init(conversationID: "talk", clientMessageID: "late\(number)", parts: [.text("lost?")])))
        guard case .error(let error) = reply else { throw Device.Refused(reply) }
        #expect(error.code == .notSaved)
        #expect(!error.message.isEmpty)
      }
      #expect(try await HTTPReply.get("/healthz", port: server.port).status == 503)
      #expect(server.child.state.value.exit == nil, "what is there can still be read")
      try await Self.expect(acknowledged, on: server)

      // Room again: a start brings the store back to work, with all that was acknowledged.
      try disk.mend()
      _ = try await server.terminate()
      let restarted = try await Self.start(disk)
      #expect(try await HTTPReply.get("/healthz", port: restarted.port).status == 200)
      try await Self.expect(acknowledged, on: restarted)
      let again = try await Device.connect(restarted, user: "ann")
      #expect(try await again.converse("and now?", in: "talk").finished != nil)
      try await restarted.killNow()
    }

    private static func start(_ disk: FaultyDisk) async throws -> ServerProcess {
      let arguments = ServerProcess.fastDemo + ["--set", "sessions.maximumWaitingTurns=10000"]
      return try await ServerProcess.start(data: disk.data, arguments, environment: disk.environment)
    }

    /// All of these, and nothing else, are what the user has said.
    private static func expect(_ acknowledged: [Ack], on server: ServerProcess) async throws {
      let device = try await Device.connect(server, user: "ann")
      defer { device.abort() }
      let said = try await device.history(of: "talk").filter { $0.role == .user }
      #expect(said.map(\.sequence) == acknowledged.map(\.sequence))
      #expect(said.map(\.text) == acknowledged.indices.map { "message \($0 + 1)" })
    }
  }
}

import Testing

extension SystemTests {
  /// Frames that break the protocol or a limit, against the real server: its close code, its memory, its other devices.
  @Suite struct FrameAttacks {
    /// What a client sends once it is connected, and how the connection has to end.
    struct Row: Sendable {
      let name: String
      let bytes: [UInt8]
      let codes: Set<UInt16>
      var subprotocol = "weir.v1"
      /// What the client asks for; with it every compressed frame is legal until it is looked into.
      var extensions: String?
    }

    @Test("broken and hostile frames end their connection with the code the RFC names, and nothing else")
    func closeCodes() async throws {
      try await Siege.lay { siege in
        for (suite, rows) in [
          ("headers", FrameRows.headers), ("messages", FrameRows.messages), ("closing", FrameRows.closing),
          ("protobuf", FrameRows.protobuf),
        ] {
          try await siege.attack(suite) {
            for row in rows { try await Self.expect(row, at: siege.server) }
          }
        }
      }
    }

    @Test("fragments and floods are ended at their limits, with no more held than one message")
    func floods() async throws {
      try await Siege.lay { siege in
        for row in FrameRows.floods {
          let outcome = try await siege.attack(row.name) { try await Self.expect(row, at: siege.server) }
          print("\(row.name): \(outcome.peak >> 10) KiB at the worst moment, \(outcome.growth >> 10) KiB afterwards")
        }
      }
    }

    @Test("compressed messages that are no deflate stream, or grow over the limit, end with the code the RFC names")
    func compression() async throws {
      try await Siege.lay { siege in
        for row in FrameRows.compression {
          let outcome = try await siege.attack(row.name) { try await Self.expect(row, at: siege.server) }
          print("\(row.name): \(outcome.peak >> 10) KiB at the worst moment, \(outcome.growth >> 10) KiB afterwards")
        }
      }
    }

    @Test(
      "sixty-four megabytes of zeros in a compressed message are stopped at the limit",
      .enabled(if: Python.runs(.websockets), "Python has no websockets; Tests/run installs it"))
    func bomb() async throws {
      try await withServer { server in
        try await Handshake.expectWell(server)
        let before = try server.residentBytes()
        let result = try await Python.run("bomb.py", [server.url])
        #expect(result.exit == .code(0), "\(result.out)\(result.err)")
        let growth = try server.residentBytes() - before
        print("deflate bombs: \(growth / 1024) KiB more in memory after ten of 64 MiB")
        #expect(growth < 16 << 20)
        try await Handshake.expectWell(server)
      }
    }

    @Test("a peer that does not answer a Close frame, nor ends the connection, has 5 s")
    func unansweredClose() async throws {
      try await withServer { server in
        let connection = try await RawConnection.open(port: server.port, staysWhenLeft: true)
        defer { connection.close() }
        let unmasked = HandFrames.frame(2, [1], masked: false)
        connection.send(Array((HandFrames.request(port: server.port) + "\r\n").utf8) + unmasked)
        // The code 1002, as the payload of a Close frame.
        _ = try await connection.state.first("the Close frame") { state in
          state.received.firstRange(of: [0x03, 0xEA] as [UInt8]).map { _ in true }
        }
        #expect(try await server.metric("weir_connections_open") == 1)
        try await server.waitForMetric("weir_connections_open", within: .seconds(9)) { $0 == 0 }
        #expect(!connection.state.value.isClosed)
      }
    }

    @Test("resets in the middle of everything leave no descriptor and no noise behind")
    func resets() async throws {
      try await withServer { server in
        try await Handshake.expectWell(server)
        let before = try server.descriptors()
        for round in 0..<200 {
          let connection = try await RawConnection.open(port: server.port)
          let request = HandFrames.request(port: server.port) + "\r\n"
          switch round % 4 {
          case 0: connection.send(String(request.prefix(40)))
          case 1: connection.send(request)
          case 2: connection.send(Array(request.utf8) + [0x82, 0xFE, 0x10])
          default: break
          }
          connection.close()
        }
        try await poll("all descriptors freed") { try server.descriptors() <= before ? () : nil }
        try await Handshake.expectWell(server)
        let noise = server.child.state.value.err.split(separator: "\n").count
        #expect(noise < 20, "\(server.child.state.value.err)")
      }
    }

    private static func expect(_ row: Row, at server: ServerProcess) async throws {
      try await HandFrames.with(server, subprotocol: row.subprotocol, extensions: row.extensions) { frames in
        frames.connection.send(row.bytes)
        do {
          let code = try await frames.closeCode()
          #expect(row.codes.contains(code ?? 0), "\(row.name): \(code.map(String.init) ?? "no Close frame")")
        } catch {
          Issue.record("\(row.name): \(error)")
        }
      }
    }
  }
}

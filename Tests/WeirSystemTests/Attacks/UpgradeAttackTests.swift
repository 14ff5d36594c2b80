import Testing

extension SystemTests {
  /// Requests that are no upgrade, or one that must not be granted: the status, the memory, the other devices.
  @Suite struct UpgradeAttacks {
    struct Row: Sendable {
      let name: String
      let request: String
      let statuses: Set<Int>
      var header: (name: String, value: String)?
    }

    @Test("wrong, hostile and oversized upgrade requests get the status their RFC names, and the server goes on")
    func refusals() async throws {
      try await Siege.lay { siege in
        for (suite, rows) in [
          ("handshakes", UpgradeRows.handshakes(port: siege.server.port)),
          ("origins", UpgradeRows.origins(port: siege.server.port)),
          ("sizes", UpgradeRows.sizes(port: siege.server.port)),
          ("lines", UpgradeRows.lines(port: siege.server.port)),
        ] {
          // No more is held than a head may have.
          let outcome = try await siege.attack(suite, peak: 64 << 10) {
            for row in rows { try await Self.expect(row, at: siege.server) }
          }
          print(
            "upgrade \(suite): \(outcome.peak >> 10) KiB at the worst moment, \(outcome.growth >> 10) KiB afterwards")
        }
      }
    }

    private static func expect(_ row: Row, at server: ServerProcess) async throws {
      let bytes = try await RawConnection.with(port: server.port) { connection in
        connection.send(row.request)
        return try await connection.untilClosed()
      }
      let reply = HTTPReply(bytes)
      let status = reply?.status ?? 0
      #expect(row.statuses.contains(status), "\(row.name): \(String(decoding: bytes.prefix(300), as: UTF8.self))")
      if let header = row.header { #expect(reply?.headers[header.name] == header.value, "\(row.name)") }
      // A refusal says what to do.
      #expect((reply?.body.count ?? 0) > 10, "\(row.name)")
      // Nothing that came in goes out as a header.
      #expect(reply?.headers["x-injected"] == nil, "\(row.name)")
    }

    @Test("a subprotocol of 15,000 spaces costs no more than one of letters (CVE-2021-32640)")
    func backtracking() async throws {
      try await withServer { server in
        func cost(of filling: String) async throws -> Duration {
          let request =
            HandFrames.request(port: server.port)
            + "Sec-WebSocket-Protocol: b\(String(repeating: filling, count: 15_000))x\r\n\r\n"
          let before = try server.processorTime()
          for _ in 0..<20 {
            let reply = try await RawConnection.with(port: server.port) { connection in
              connection.send(request)
              return HTTPReply(try await connection.untilClosed())
            }
            #expect(reply?.status == 400)
          }
          return (try server.processorTime() - before) / 20
        }
        _ = try await cost(of: "y")
        let (letters, spaces) = (try await cost(of: "y"), try await cost(of: " "))
        print("a subprotocol of 15,000 letters: \(letters) of CPU, of spaces: \(spaces)")
        #expect(spaces < letters * 4)
        // With the connection and all; a release build stays under 1 ms, a debug build takes its time over every byte.
        if TestRun.isFull { #expect(spaces < .milliseconds(3)) }
      }
    }

    @Test("whatever is offered as permessage-deflate, the answer is a connection without it or a refusal")
    func deflateOffers() async throws {
      let offers: [(String, Set<Int>)] = [
        ("permessage-deflate; server_max_window_bits=7", [101]),
        ("permessage-deflate; server_max_window_bits=16", [101]),
        ("permessage-deflate; server_max_window_bits=99999999999999999999", [101]),
        ("permessage-deflate; server_max_window_bits", [101]),
        ("permessage-deflate; server_max_window_bits=08", [101]),
        ("permessage-deflate; client_max_window_bits=0", [101]),
        ("permessage-deflate; client_no_context_takeover=1", [101]),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", [101]),
        ("permessage-deflate; nonsense", [101]),
        ("x-webkit-deflate-frame", [101]),
        ("permessage-deflate; server_max_window_bits=\"", [101, 400]),
        ("permessage-deflate;;;", [101, 400]),
        (",,,,,", [101, 400]),
        ("=", [101, 400]),
        (String(repeating: "permessage-deflate; nonsense, ", count: 400) + "x", [101]),
      ]
      try await Siege.lay { siege in
        try await siege.attack("offers", peak: 128 << 10) {
          for (offer, statuses) in offers {
            let reply = try await RawConnection.with(port: siege.server.port) { connection in
              connection.send(
                HandFrames.request(port: siege.server.port) + "Sec-WebSocket-Extensions: \(offer)\r\n\r\n")
              return try await connection.state.first("the answer to \(offer.prefix(80))") { HTTPReply($0.received) }
            }
            #expect(statuses.contains(reply.status), "\(offer.prefix(80)): \(reply.status)")
            #expect(reply.headers["sec-websocket-extensions"] == nil, "\(offer.prefix(80))")
          }
        }
      }
    }

    @Test("five hundred peers that send a header byte a second hold little memory, and are ended in time")
    func slowloris() async throws {
      try await Siege.lay(ServerProcess.fastDemo + ["--set", "websocket.handshakeTimeout=2s"]) { siege in
        let count = 500
        func besiege() async throws {
          var peers: [RawConnection] = []
          for _ in 0..<count {
            let peer = try await RawConnection.open(port: siege.server.port)
            peer.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            peers.append(peer)
          }
          // Bytes that come do not put the end off.
          for _ in 0..<4 {
            try await Task.sleep(for: .milliseconds(250))
            for peer in peers { peer.send("y") }
          }
          for peer in peers {
            let bytes = try await peer.untilClosed(within: .seconds(10))
            #expect(HTTPReply(bytes)?.status == 408)
          }
        }
        let outcome = try await siege.attack("slowloris", peak: count * (8 << 10)) { try await besiege() }
        print("slowloris: \(outcome.peak / count) bytes for each of \(count)")
      }
    }
  }
}

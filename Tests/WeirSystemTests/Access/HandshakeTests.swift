import Testing
import WeirWire

extension SystemTests {
  /// Requests that are no upgrade, or one that must not be granted.
  @Suite struct Handshake {
    @Test("origins that may connect do: none, the same host, and those that were allowed")
    func origins() async throws {
      try await withServer(ServerProcess.fastDemo + ["--allow-origin", "https://chat.example.org"]) { server in
        for origin in [nil, "https://chat.example.org", "HTTPS://CHAT.EXAMPLE.ORG:443"] {
          let headers = origin.map { [("Origin", $0)] } ?? []
          let device = try await Device.connect(server, .init(headers: headers))
          _ = try await device.hello()
          device.abort()
        }
      }
      try await withServer { server in
        let device = try await Device.connect(server, .init(headers: [("Origin", "http://127.0.0.1:\(server.port)")]))
        _ = try await device.hello()
      }
    }

    @Test("slowloris and silence end at the handshake time, a TLS hello at once")
    func timeLimits() async throws {
      try await withServer(["--set", "websocket.handshakeTimeout=500ms"]) { server in
        let silent = try await RawConnection.open(port: server.port)
        let slow = try await RawConnection.open(port: server.port)
        slow.send("GET / HTTP/1.1\r\nHo")
        #expect(try await silent.untilClosed(within: .seconds(10)).isEmpty)
        #expect(HTTPReply(try await slow.untilClosed(within: .seconds(10)))?.status == 408)
        let tls = try await RawConnection.open(port: server.port)
        tls.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01] as [UInt8])
        #expect(HTTPReply(try await tls.untilClosed(within: .seconds(10)))?.status == 400)
        try await Self.expectWell(server)
      }
    }

    @Test("bytes pipelined behind the request are read after the upgrade")
    func pipelined() async throws {
      try await withServer { server in
        try await RawConnection.with(port: server.port) { connection in
          let ping = HandFrames.frame(9, Array("early".utf8))
          connection.send(Array((HandFrames.request(port: server.port) + "\r\n").utf8) + ping)
          let pong: [UInt8] = [0x8A, 5] + Array("early".utf8)
          _ = try await connection.state.first("the pong") { state in
            HTTPReply(state.received).flatMap { $0.rest.firstRange(of: pong) == nil ? nil : $0.status }
          }
        }
      }
    }

    @Test(
      "a kept connection that has served HTTP becomes a WebSocket, with what came behind the request",
      arguments: [1, 2])
    func afterHTTP(parts: Int) async throws {
      try await withServer { server in
        try await RawConnection.with(port: server.port) { connection in
          connection.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n")
          let first = try await connection.state.first("the page") { HTTPReply($0.received) }
          #expect(first.status == 200)
          let upgrade = Array((HandFrames.request(port: server.port) + "\r\n").utf8)
          let all = upgrade + HandFrames.frame(9, Array("early".utf8))
          if parts == 1 {
            connection.send(all)
          } else {
            // The end of the head comes in a read of its own, with the bytes behind it.
            connection.send(all[..<(upgrade.count - 3)])
            try await Task.sleep(for: .milliseconds(50))
            connection.send(all[(upgrade.count - 3)...])
          }
          let pong: [UInt8] = [0x8A, 5] + Array("early".utf8)
          let text = try await connection.state.first("the pong") { state in
            state.received.firstRange(of: pong) == nil ? nil : String(decoding: state.received, as: UTF8.self)
          }
          #expect(text.contains("HTTP/1.1 101 "))
        }
      }
    }

    @Test("on a kept connection a request for WebSocket that is refused is told why, one for HTTP/2 gets its page")
    func refusedAfterHTTP() async throws {
      try await withServer { server in
        for (headers, status) in [
          ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\n", 426),
          ("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", 200),
        ] {
          let connection = try await RawConnection.open(port: server.port)
          let request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"
          connection.send(request + "\r\n")
          let first = try await connection.state.first("the page") { state in
            HTTPReply(state.received).map { ($0.status, state.received.count) }
          }
          #expect(first.0 == 200)
          connection.send(request + headers + "\r\n")
          let all = try await connection.untilClosed()
          #expect(HTTPReply(Array(all.dropFirst(first.1)))?.status == status)
        }
        try await Self.expectWell(server)
      }
    }

    @Test("a user has as many devices as allowed, and one more is told so")
    func tooManyDevices() async throws {
      try await withServer(["--set", "sessions.maximumDevicesPerUser=3"]) { server in
        var devices: [Device] = []
        for _ in 0..<3 {
          let device = try await Device.connect(server, user: "ann")
          _ = try await device.hello()
          devices.append(device)
        }
        let fourth = try await Device.connect(server, user: "ann")
        #expect(try await fourth.closed() == 1008)
        _ = try await Device.connect(server, user: "bob").hello()
        #expect(try await devices[0].hello().user == "ann")
      }
    }

    @Test("more connections than the server may have are told to come back later")
    func tooManyConnections() async throws {
      try await withServer(["--set", "listen.maximumConnections=2"]) { server in
        let devices = [try await Device.connect(server, user: "ann"), try await Device.connect(server, user: "bob")]
        for device in devices { _ = try await device.hello() }
        let reply = try await RawConnection.with(port: server.port) { connection in
          connection.send(HandFrames.request(port: server.port) + "\r\n")
          return HTTPReply(try await connection.untilClosed())
        }
        #expect(reply?.status == 503)
        #expect(reply?.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0)
        devices[0].abort()
        try await server.waitForMetric("weir_connections_open") { $0 == 1 }
        _ = try await Device.connect(server, user: "cid").hello()
      }
    }

    @Test("a peer that has vanished is dropped after two pings without an answer")
    func halfOpen() async throws {
      try await withServer(["--set", "websocket.pingInterval=1s"]) { server in
        try await HandFrames.with(server) { frames in
          let (opcode, _) = try await frames.next()
          #expect(opcode == 9)
          // Not a word more from this side: the end comes by itself.
          _ = try await frames.connection.untilClosed(within: .seconds(10))
        }
        try await server.waitForMetric("weir_connections_open") { $0 == 0 }
      }
    }

    static func expectWell(_ server: ServerProcess, sourceLocation: SourceLocation = #_sourceLocation) async throws {
      let device = try await Device.connect(server, user: "well")
      #expect(try await device.converse("are you well?").finished != nil, sourceLocation: sourceLocation)
      device.abort()
      try await server.waitForMetric("weir_connections_open") { $0 == 0 }
    }
  }
}

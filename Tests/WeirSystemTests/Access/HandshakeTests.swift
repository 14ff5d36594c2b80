import Testing
import WeirWire

extension SystemTests {
  /// Requests that are no upgrade, or one that must not be granted.
  @Suite struct Handshake {
    private struct Row {
      let name: String
      let request: String
      let statuses: Set<Int>
      var header: (name: String, value: String)?
    }

    @Test("wrong, hostile and oversized upgrade requests get the status their RFC names, and the server goes on")
    func refusals() async throws {
      try await withServer { server in
        for row in Self.rows(port: server.port) {
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
        }
        try await Self.expectWell(server)
      }
    }

    private static func rows(port: Int) -> [Row] {
      let good = HandFrames.request(port: port)
      func without(_ line: String) -> String { good.replacing(line, with: "") + "\r\n" }
      func with(_ line: String) -> String { good + line + "\r\n\r\n" }
      let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      let origin = "Origin: "
      return [
        Row(name: "no key", request: without(key), statuses: [400]),
        Row(
          name: "key of 15 bytes",
          request: good.replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "dGhlIHNhbXBsZSBub25j") + "\r\n",
          statuses: [400]),
        Row(name: "two keys", request: with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), statuses: [400]),
        Row(
          name: "version 12", request: good.replacing("Version: 13", with: "Version: 12") + "\r\n", statuses: [426],
          header: ("sec-websocket-version", "13")),
        Row(name: "no version", request: without("Sec-WebSocket-Version: 13\r\n"), statuses: [400, 426]),
        Row(name: "POST", request: good.replacing("GET ", with: "POST ") + "\r\n", statuses: [405]),
        Row(name: "HTTP/1.0", request: good.replacing("HTTP/1.1", with: "HTTP/1.0") + "\r\n", statuses: [400, 505]),
        Row(name: "no host", request: without("Host: 127.0.0.1:\(port)\r\n"), statuses: [400]),
        Row(name: "another origin", request: with(origin + "https://evil.example.net"), statuses: [403]),
        Row(name: "origin null", request: with(origin + "null"), statuses: [403]),
        Row(name: "origin with a suffix", request: with(origin + "http://127.0.0.1:\(port).evil.net"), statuses: [403]),
        Row(name: "origin on another port", request: with(origin + "http://127.0.0.1:\(port + 1)"), statuses: [403]),
        Row(
          name: "2000 headers", request: good + (0..<2000).map { "X\($0): y\r\n" }.joined() + "\r\n", statuses: [431]),
        Row(name: "17 KB of header", request: with("X: " + String(repeating: "x", count: 17_000)), statuses: [431]),
        Row(
          name: "9 KB of target",
          request: HandFrames.request(path: "/" + String(repeating: "x", count: 9000), port: port) + "\r\n",
          statuses: [414]),
        Row(
          name: "a subprotocol of spaces (CVE-2021-32640)",
          request: with("Sec-WebSocket-Protocol: b" + String(repeating: " ", count: 32_000) + "x"),
          statuses: [400, 431]),
        Row(name: "an unknown subprotocol", request: with("Sec-WebSocket-Protocol: mqtt"), statuses: [400]),
        Row(
          name: "another path", request: HandFrames.request(path: "/elsewhere", port: port) + "\r\n", statuses: [404]),
        Row(name: "space before the colon", request: with("X : y"), statuses: [400]),
        Row(name: "a folded header", request: with("X: y\r\n z"), statuses: [400]),
        Row(name: "a NUL in a header", request: with("X: a\u{0}b"), statuses: [400]),
      ]
    }

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

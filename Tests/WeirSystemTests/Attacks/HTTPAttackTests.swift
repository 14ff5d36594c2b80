import NIOConcurrencyHelpers
import Testing

extension SystemTests {
  /// HTTP that two readers could understand in two ways, bodies that are no requests, and paths that reach for more.
  @Suite struct HTTPAttacks {
    struct Row: Sendable {
      let name: String
      let request: [UInt8]
      let statuses: Set<Int>
      /// The answer may not be the last: the connection may stay open.
      var endsConnection = true

      init(_ name: String, _ request: String, _ statuses: Set<Int>, endsConnection: Bool = true) {
        self.init(name, Array(request.utf8), statuses, endsConnection: endsConnection)
      }

      init(_ name: String, _ request: [UInt8], _ statuses: Set<Int>, endsConnection: Bool = true) {
        self.name = name
        self.request = request
        self.statuses = statuses
        self.endsConnection = endsConnection
      }
    }

    @Test("a request that could be understood in two ways is refused, and what hides behind it is never read")
    func smuggling() async throws {
      try await Siege.lay { siege in
        try await siege.attack("smuggling", peak: 256 << 10) {
          for row in HTTPRows.smuggling {
            let answers = try await Self.answers(to: row, at: siege.server)
            #expect(row.statuses.contains(answers.first ?? 0), "\(row.name): \(answers)")
            // Each of them hides a request for the figures in what one reader takes for its body.
            #expect(answers.count == 1, "\(row.name): \(answers)")
          }
        }
      }
    }

    @Test("bodies that are no completion request are refused with 400, whatever their depth, numbers and bytes")
    func bodies() async throws {
      try await Siege.lay { siege in
        // A body may have 4 MiB, and what is made of it as much again.
        try await siege.attack("bodies", peak: 16 << 20) {
          for row in HTTPRows.bodies {
            let answers = try await Self.answers(to: row, at: siege.server)
            #expect(answers.count == 1 && row.statuses.contains(answers[0]), "\(row.name): \(answers)")
          }
        }
      }
    }

    @Test("no way of writing a path leads to the operator's routes without the secret, nor to a file that is no page")
    func paths() async throws {
      let secret = "an-operators-secret-long-enough"
      for environment in [[:], ["WEIR_ADMIN_SECRET": secret]] {
        try await Siege.lay(environment: environment) { siege in
          // Guesses are slowed down after five, with 429.
          let refused: Set<Int> = environment.isEmpty ? [404] : [401, 429]
          for path in ["/admin/state", "/admin/usage", "/admin/state?secret=\(secret)", "http://127.0.0.1/admin/state"]
          {
            let answer = try await Self.get(path, at: siege.server)
            #expect(refused.contains(answer.status), "\(path): \(answer.status)")
          }
          for path in HTTPRows.detours {
            let answer = try await Self.get(path, at: siege.server)
            #expect([400, 404].contains(answer.status), "\(path): \(answer.status)")
            #expect(!answer.body.contains("root:") && !answer.body.contains("uptime"), "\(path)")
          }
          let head = "POST /admin/erase?user=bystander HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
          let erase = Row("erase", head + "Content-Length: 0\r\n\r\n", refused)
          let answers = try await Self.answers(to: erase, at: siege.server)
          #expect(refused.contains(answers.first ?? 0), "\(answers)")
        }
      }
    }

    @Test("bodies that stop coming take no more memory than all bodies together may")
    func stalledBodies() async throws {
      try await Siege.lay { siege in
        let count = 100
        let head = Self.head(length: 4 << 20)
        let part = [UInt8](repeating: 0x20, count: (4 << 20) - 1)
        // Buffers grow by doubling: at the worst moment the room and as much again. The allocator keeps what it had.
        let outcome = try await siege.attack("stalled bodies", peak: 128 << 20, kept: 64 << 20) {
          var peers: [RawConnection] = []
          for _ in 0..<count {
            let peer = try await RawConnection.open(port: siege.server.port)
            peer.send(Array(head.utf8) + part)
            peers.append(peer)
          }
          // Who does not fit any more is told so, and when to come back.
          let refused = try await poll("refusals") { () -> [HTTPReply]? in
            let replies = peers.compactMap { HTTPReply($0.state.value.received) }
            return replies.count >= count - 17 ? replies : nil
          }
          #expect(refused.allSatisfy { $0.status == 503 && $0.headers["retry-after"] != nil })
          for peer in peers { peer.close() }
        }
        print("\(count) bodies of 4 MiB without their last byte: \(outcome.peak >> 20) MiB at the worst moment")
      }
    }

    @Test("a body that comes too slowly is refused with 408 after its time", .enabled(if: TestRun.isFull))
    func slowBody() async throws {
      try await Siege.lay { siege in
        let outcome = try await siege.attack("slow bodies", peak: 8 << 20) {
          var peers: [RawConnection] = []
          for _ in 0..<200 {
            let peer = try await RawConnection.open(port: siege.server.port)
            peer.send(Self.head(length: 1 << 20) + "{")
            peers.append(peer)
          }
          for peer in peers {
            #expect(HTTPReply(try await peer.untilClosed(within: .seconds(40)))?.status == 408)
          }
        }
        print("200 slow bodies: \(outcome.peak >> 10) KiB at the worst moment")
      }
    }

    static func head(length: Int) -> String {
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(length)\r\n\r\n"
    }

    /// The statuses of all answers until the connection ends, or until the first one where it stays open.
    private static func answers(to row: Row, at server: ServerProcess) async throws -> [Int] {
      try await RawConnection.with(port: server.port) { connection in
        connection.send(row.request)
        guard row.endsConnection else {
          return [try await connection.state.first(row.name) { HTTPReply($0.received)?.status }]
        }
        let text = String(decoding: try await connection.untilClosed(within: .seconds(60)), as: UTF8.self)
        return text.matches(of: #/HTTP/1\.1 (\d{3}) /#).compactMap { Int($0.1) }
      }
    }

    private static func get(_ path: String, at server: ServerProcess) async throws -> HTTPReply {
      try await HTTPReply.get(path, port: server.port)
    }
  }
}

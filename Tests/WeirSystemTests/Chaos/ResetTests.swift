import Glibc
import Testing
import WeirWire

extension SystemTests {
  /// Connections that end with a reset, wherever they are.
  @Suite struct Resets {
    private static let rounds = TestRun.isFull ? 100_000 : 4000
    private static let threads = 2

    @Test("resets in mid-handshake and in mid-message leave no descriptor, no memory and no line in the log behind")
    func resets() async throws {
      try await withServer(ServerProcess.fastDemo) { server in
        let living = try await Device.connect(server, user: "ann")
        // The first ones pay for buffers and tables that are kept.
        try await Self.reset(server, Self.rounds / 10)
        let quiet = try await Self.settled(server)
        let lines = server.child.state.value.err.split(separator: "\n").count
        let start = ContinuousClock.now
        try await Self.reset(server, Self.rounds)
        let took = ContinuousClock.now - start
        let after = try await Self.settled(server)
        let logged = server.child.state.value.err.split(separator: "\n").count - lines
        print(
          "resets: \(Self.rounds) in \(took), descriptors \(quiet.descriptors) before and \(after.descriptors) after, "
            + "memory \((after.bytes - quiet.bytes) / 1024) KiB more, \(logged) lines logged")
        #expect(after.descriptors <= quiet.descriptors)
        #expect(after.bytes - quiet.bytes < 8 << 20)
        #expect(logged < 5, "\(server.child.state.value.err.suffix(1000))")
        #expect(try await living.converse("still there?").finished?.reason == .complete)
      }
    }

    private static func reset(_ server: ServerProcess, _ count: Int) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for thread in 0..<threads {
          group.addTask { try ResetCaller(port: server.port, number: thread).run(count / threads) }
        }
        try await group.waitForAll()
      }
    }

    /// What the server holds once all that came has been dealt with.
    private static func settled(_ server: ServerProcess) async throws -> (descriptors: Int, bytes: Int) {
      try await server.waitForMetric("weir_connections_open") { $0 == 1 }
      var last = -1
      let descriptors = try await poll("a number of descriptors that stays") { () -> Int? in
        let now = try server.openDescriptors()
        defer { last = now }
        return now == last ? now : nil
      }
      return (descriptors, try server.residentBytes())
    }
  }
}

/// Connects, says a part of something, and resets the connection, again and again. Blocks its thread.
struct ResetCaller {
  private static let upgrade =
    "GET /?user=reset HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    + "Sec-WebSocket-Protocol: weir.v1\r\n\r\n"
  /// The beginning of a masked message of 100 bytes.
  private static let half: [UInt8] = [0x82, 0x80 | 100, 1, 2, 3, 4, 5, 6, 7, 8]

  let port: Int
  let number: Int

  func run(_ count: Int) throws {
    let words = Array(Self.upgrade.utf8)
    for round in 0..<count {
      // Closed ports rest for a minute unless they were reset; other addresses of this machine have ports of their own.
      let source = 0x7F00_0001 + UInt32(number * 64 + round / 20_000)
      let socket = try CallerSockets.begin(port: port, source: source)
      defer { Self.reset(socket) }
      guard Self.wait(socket, for: POLLOUT) else { continue }
      switch round % 4 {
      case 0: break
      case 1: Self.say(words.prefix(40), socket)
      case 2: Self.say(words[...], socket)
      default:
        Self.say(words[...], socket)
        // The reset is to meet an open connection.
        guard Self.wait(socket, for: POLLIN) else { continue }
        Self.say(Self.half[...], socket)
      }
    }
  }

  private static func say(_ bytes: ArraySlice<UInt8>, _ socket: CInt) {
    _ = bytes.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
  }

  private static func wait(_ socket: CInt, for events: CInt) -> Bool {
    var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
    return Glibc.poll(&entry, 1, 10_000) == 1 && entry.revents & Int16(POLLERR) == 0
  }

  /// With a lingering time of nothing, closing sends RST (socket(7)).
  private static func reset(_ socket: CInt) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close(socket)
  }
}

import Glibc

/// Devices that all connect at once, and come again when they are told to. Blocks its thread.
struct StormCaller {
  struct Figures: Sendable {
    var admitted = 0
    var refused = 0
    /// The different times, in seconds, that were told.
    var hints: Set<Int> = []
    var problems: [String] = []
    var took = Duration.zero
  }

  private enum Reply {
    case open
    case later(seconds: Int)
    case problem(String)
  }

  let port: Int

  /// Until `count` devices are in, or somebody could not be told.
  func run(_ count: Int) -> Figures {
    CallerSockets.allowMany()
    var figures = Figures()
    let start = ContinuousClock.now
    var due: [(user: Int, at: ContinuousClock.Instant)] = (0..<count).map { ($0, start) }
    var open: [CInt] = []
    defer { for socket in open { close(socket) } }
    while !due.isEmpty, figures.problems.isEmpty, ContinuousClock.now - start < .seconds(80) {
      let now = ContinuousClock.now
      let wave = due.filter { $0.at <= now }
      due.removeAll { $0.at <= now }
      if wave.isEmpty { usleep(10_000) }
      // No more at a time than a listener's queue holds, which is where SYNs would be lost and come a second later.
      for start in stride(from: 0, to: wave.count, by: 2000) {
        let users = wave[start..<min(start + 2000, wave.count)].map(\.user)
        for (user, socket, reply) in calls(users) {
          switch reply {
          case .open:
            figures.admitted += 1
            open.append(socket)
          case .later(let seconds):
            figures.refused += 1
            figures.hints.insert(seconds)
            close(socket)
            let part = Double.random(in: 0..<1)
            due.append((user, .now + .seconds(Double(seconds) + part)))
          case .problem(let sentence):
            figures.problems.append(sentence)
            close(socket)
          }
        }
      }
    }
    figures.took = ContinuousClock.now - start
    return figures
  }

  /// All of them connect, then all ask, then all are heard.
  private func calls(_ users: [Int]) -> [(Int, CInt, Reply)] {
    var sockets: [(user: Int, socket: CInt)] = []
    var results: [(Int, CInt, Reply)] = []
    for user in users {
      do {
        sockets.append((user, try CallerSockets.begin(port: port, source: 0x7F00_0001 + UInt32(user / 20_000))))
      } catch {
        results.append((user, -1, .problem("\(error)")))
      }
    }
    for (user, socket) in sockets {
      guard Self.wait(socket, for: POLLOUT) else { continue }
      let request = Array(Self.upgrade(user).utf8)
      _ = request.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    }
    for (user, socket) in sockets { results.append((user, socket, Self.reply(socket))) }
    return results
  }

  private static func upgrade(_ user: Int) -> String {
    "GET /?user=storm\(user) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Protocol: weir.v1\r\n\r\n"
  }

  private static func reply(_ socket: CInt) -> Reply {
    guard wait(socket, for: POLLIN) else { return .problem("no reply in 20 s") }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = recv(socket, &bytes, bytes.count, 0)
    let head = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    if head.hasPrefix("HTTP/1.1 101") { return .open }
    let hint = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("retry-after:") }
    guard head.hasPrefix("HTTP/1.1 503"), let seconds = hint.flatMap({ Int($0.dropFirst(12).trimming) }), seconds > 0
    else { return .problem("the server said: \(head.prefix(200))") }
    return .later(seconds: seconds)
  }

  private static func wait(_ socket: CInt, for events: CInt) -> Bool {
    var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
    return Glibc.poll(&entry, 1, 20_000) == 1
  }
}

extension Substring {
  fileprivate var trimming: Substring { drop { $0 == " " } }
}

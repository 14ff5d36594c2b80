/// An HTTP/1.1 answer, read by hand.
struct HTTPReply: Sendable {
  struct Unexpected: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
  }

  let status: Int
  /// Names in lower case.
  let headers: [String: String]
  /// All that came after the head.
  let rest: [UInt8]

  var body: String { String(decoding: rest, as: UTF8.self) }

  /// nil: the head has not come whole yet.
  init?(_ bytes: [UInt8]) {
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    guard let first = lines.first, let code = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      return nil
    }
    status = code
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
    self.headers = headers
    rest = Array(bytes[end.upperBound...])
  }

  /// One request, whose connection the server is asked to close.
  static func get(_ path: String, port: Int, within limit: Duration = .seconds(20)) async throws -> HTTPReply {
    try await RawConnection.with(port: port) { connection in
      connection.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n")
      let bytes = try await connection.untilClosed(within: limit)
      guard let reply = HTTPReply(bytes) else {
        throw Unexpected(what: "\(path) answered with what is no HTTP: \(String(decoding: bytes, as: UTF8.self))")
      }
      return reply
    }
  }
}

import Foundation

/// `weir fake` in a process of its own: a provider with the faults of the test's choice.
final class FakeProvider: Sendable {
  struct DidNotStart: Error, CustomStringConvertible {
    let err: String
    var description: String { "weir fake did not start: \(err)" }
  }

  let child: ChildProcess
  let port: Int

  private init(child: ChildProcess, port: Int) {
    self.child = child
    self.port = port
  }

  /// Starts it and waits until it says where it is.
  static func start(_ arguments: [String] = []) async throws -> FakeProvider {
    let child = try ChildProcess(try Weir.binary(), ["fake", "--port", "0", "--report", "0"] + arguments)
    let port = try await child.state.first("the provider's address") { state -> Swift.Result<Int, DidNotStart>? in
      if let url = (state.out + state.err).firstMatch(of: #/http://[^\s/]*:(\d+)/#), let port = Int(url.1) {
        return .success(port)
      }
      return state.isOver ? .failure(DidNotStart(err: state.err)) : nil
    }.get()
    return FakeProvider(child: child, port: port)
  }

  /// What makes a server call it.
  var arguments: [String] { ["--upstream", "http://127.0.0.1:\(port)/v1", "--model", "fake"] }

  /// Behaves otherwise from now on.
  func set(_ json: String) async throws {
    let reply = try await HTTPReply.post("/fake/settings", json, port: port)
    guard reply.status == 200 else {
      throw HTTPReply.Unexpected(what: "the fake answered \(reply.status): \(reply.body)")
    }
  }

  /// Its own count of something.
  func figure(_ name: String) async throws -> Int {
    let reply = try await HTTPReply.get("/fake/figures", port: port)
    let object = try JSONSerialization.jsonObject(with: Data(reply.rest)) as? [String: Any]
    guard let value = object?[name] as? Int else {
      throw HTTPReply.Unexpected(what: "there is no figure \(name) in \(reply.body)")
    }
    return value
  }

  func stop() { child.signal(SIGKILL) }
}

extension HTTPReply {
  /// One request with a JSON body, whose connection the server is asked to close.
  static func post(
    _ path: String, _ json: String, port: Int, headers: [String] = [], within limit: Duration = .seconds(30)
  ) async throws -> HTTPReply {
    try await RawConnection.with(port: port) { connection in
      let head =
        ["POST \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close", "Content-Type: application/json"]
        + headers + ["Content-Length: \(json.utf8.count)", "", ""]
      connection.send(head.joined(separator: "\r\n") + json)
      let bytes = try await connection.untilClosed(within: limit)
      guard let reply = HTTPReply(bytes) else {
        throw Unexpected(what: "\(path) answered with what is no HTTP: \(String(decoding: bytes, as: UTF8.self))")
      }
      return reply
    }
  }
}

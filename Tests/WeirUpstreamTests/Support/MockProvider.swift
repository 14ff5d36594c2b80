import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A request as the mock provider got it.
struct MockRequest: Sendable {
  var line: String
  var headers: [String: String]
  var body: [UInt8]
  /// Which connection it came on, from 1.
  var connection: Int
}

/// What a script does with one request; true: the connection can take another.
typealias MockScript = @Sendable (MockSocket, MockRequest) -> Bool

/// An HTTP/1.1 server on a thread, with a thread for each connection, that answers as a script says.
final class MockProvider: Sendable {
  let port: UInt16
  private let listener: Int32
  private let state = NIOLockedValueBox((connections: 0, requests: [MockRequest]()))

  var url: String { "http://127.0.0.1:\(port)/v1" }
  var connections: Int { state.withLockedValue { $0.connections } }
  var requests: [MockRequest] { state.withLockedValue { $0.requests } }

  /// A proxy in the environment is for the world outside.
  private static let isDirect = setenv("no_proxy", "127.0.0.1", 1) == 0

  init(_ script: @escaping MockScript) throws {
    precondition(Self.isDirect)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length)
        getsockname(listener, address, &length)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
    listen(listener, 1024)
    let state = state
    MockThread.start {
      while true {
        let descriptor = accept(listener, nil, nil)
        if descriptor < 0 { return }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        let socket = MockSocket(descriptor)
        let number = state.withLockedValue { state in
          state.connections += 1
          return state.connections
        }
        MockThread.start {
          while let request = Self.read(socket, number) {
            state.withLockedValue { $0.requests.append(request) }
            if !script(socket, request) { return }
          }
        }
      }
    }
  }

  /// Stops listening; connections end with their scripts.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  deinit {
    stop()
    close(listener)
  }

  private static func read(_ socket: MockSocket, _ connection: Int) -> MockRequest? {
    var bytes: [UInt8] = []
    while true {
      if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1)
          headers[parts[0].lowercased()] = parts.last?.trimmingCharacters(in: .whitespaces)
        }
        var body = Array(bytes[end.upperBound...])
        let length = Int(headers["content-length"] ?? "0") ?? 0
        while body.count < length {
          guard let more = socket.receive() else { return nil }
          body += more
        }
        return MockRequest(line: lines[0], headers: headers, body: body, connection: connection)
      }
      guard let more = socket.receive() else { return nil }
      bytes += more
    }
  }
}

// The ways of HTTP to carry a stream.
extension MockSocket {
  func head(_ status: String = "200 OK", _ headers: [String] = []) {
    send((["HTTP/1.1 \(status)"] + headers).joined(separator: "\r\n") + "\r\n\r\n")
  }

  func chunkedHead() { head("200 OK", ["Content-Type: text/event-stream", "Transfer-Encoding: chunked"]) }

  @discardableResult
  func chunk(_ text: String) -> Bool { send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n") }

  func lastChunk() { send("0\r\n\r\n") }

  func respond(_ status: String, _ headers: [String] = [], body: String) {
    head(status, headers + ["Content-Length: \(body.utf8.count)"])
    send(body)
  }
}

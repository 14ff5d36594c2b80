import NIOCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A blocking TCP client without any protocol, so that a test decides on every byte and on when to read.
final class RawClient {
  private let handle: Int32
  /// The connection ended with a TCP reset, which makes many systems forget what had arrived before it.
  private(set) var wasReset = false

  init(port: Int, receiveBuffer: Int32? = nil) throws {
    handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(handle >= 0)
    // A test that waits for what never comes fails instead of hanging.
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    if var size = receiveBuffer { setsockopt(handle, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(4)) }
    let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
    let status = address.withSockAddr { connect(handle, $0, socklen_t($1)) }
    try #require(status == 0)
  }

  deinit { close(handle) }

  func write(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(handle, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      try #require(count > 0)
      sent += count
    }
  }

  func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Some bytes; none at the end of the connection. A reset counts as its end.
  func readSome(upTo limit: Int = 65536) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = bytes.withUnsafeMutableBytes { recv(handle, $0.baseAddress, limit, 0) }
    try #require(count >= 0 || errno == ECONNRESET, "nothing came within 20 s")
    wasReset = wasReset || count < 0
    return Array(bytes.prefix(max(0, count)))
  }

  func read(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try readSome(upTo: count - bytes.count)
      try #require(!more.isEmpty, "the connection ended after \(bytes.count) of \(count) bytes")
      bytes += more
    }
    return bytes
  }

  func readToEnd() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try readSome()
      if more.isEmpty { return bytes }
      bytes += more
    }
  }

  /// The head of an HTTP answer.
  func readHead() throws -> String {
    var bytes: [UInt8] = []
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) { bytes += try read(1) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Asks for a WebSocket and expects to get it.
  func upgrade(path: String = "/", behind: [UInt8] = []) throws {
    try write(HandshakeTests.head(HandshakeTests.good, line: "GET \(path) HTTP/1.1") + behind)
    try #require(try readHead().hasPrefix("HTTP/1.1 101 "))
  }
}

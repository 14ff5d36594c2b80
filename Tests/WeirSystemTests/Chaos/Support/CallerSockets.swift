import Glibc

/// TCP connections that say nothing, made with bare system calls: what costs the tests nothing can be had in numbers.
final class CallerSockets: Sendable {
  struct Failed: Error, CustomStringConvertible {
    let call: String
    let code: CInt
    var description: String { "\(call) failed: \(String(cString: strerror(code)))" }
  }

  private let sockets: [CInt]

  /// Connects `count` times; the kernel does so for a server that accepts nobody, too.
  init(_ count: Int, port: Int) throws {
    sockets = try (0..<count).map { _ in try Self.begin(port: port) }
  }

  /// Lets this process have as many sockets as it may.
  static func allowMany() {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(kind, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(kind, &limit)
  }

  func close() { for socket in sockets { Glibc.close(socket) } }

  /// A socket whose connection is being made; it does not block.
  static func begin(port: Int, source: UInt32 = 0x7F00_0001) throws -> CInt {
    let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(AF_INET, kind, 0)
    guard socket >= 0 else { throw Failed(call: "socket", code: errno) }
    var yes: CInt = 1
    let size = socklen_t(MemoryLayout<CInt>.size)
    setsockopt(socket, CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &yes, size)
    setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, size)
    var from = address(source, port: 0)
    var to = address(0x7F00_0001, port: UInt16(clamping: port))
    guard named(&from, { bind(socket, $0, $1) }) == 0 else { throw closing(socket, "bind") }
    guard named(&to, { connect(socket, $0, $1) }) == 0 || errno == EINPROGRESS else {
      throw closing(socket, "connect")
    }
    return socket
  }

  private static func closing(_ socket: CInt, _ call: String) -> Failed {
    let code = errno
    Glibc.close(socket)
    return Failed(call: call, code: code)
  }

  private static func address(_ host: UInt32, port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = host.bigEndian
    address.sin_port = port.bigEndian
    return address
  }

  private static func named(_ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt
  {
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}

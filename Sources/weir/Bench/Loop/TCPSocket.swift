import Glibc

/// The system calls that make a socket of the load generator or of the mock provider.
enum TCPSocket {
  /// So many connections leave from one address before the next one of 127.0.0.0/8 is used; a port range has 28,000.
  private static let perSourceAddress = 20_000
  private static let tcp = CInt(IPPROTO_TCP)

  /// Begins to connect; the socket becomes writable when that has ended. `number` counts the connections of the
  /// process.
  static func connect(to target: Target, number: Int, receiveBufferBytes: Int?) throws(BenchFailure) -> CInt {
    let socket = try make()
    if let receiveBufferBytes { set(socket, SOL_SOCKET, SO_RCVBUF, CInt(clamping: receiveBufferBytes)) }
    if target.isLoopback {
      set(socket, CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1)
      var source = sockaddr_in()
      source.sin_family = sa_family_t(AF_INET)
      source.sin_addr.s_addr = (UInt32(0x7F00_0001) + UInt32(clamping: number / perSourceAddress)).bigEndian
      guard named(&source, { bind(socket, $0, $1) }) == 0 else {
        throw closing(socket, "bind", "Use fewer connections.")
      }
    }
    var address = target.address
    guard named(&address, { Glibc.connect(socket, $0, $1) }) == 0 || errno == EINPROGRESS else {
      throw closing(socket, "connect", "Is the server at \(target.authority) running?")
    }
    return socket
  }

  /// Listens on 127.0.0.1.
  static func listen(port: UInt16) throws(BenchFailure) -> CInt {
    let socket = try make()
    set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    guard named(&address, { bind(socket, $0, $1) }) == 0, Glibc.listen(socket, 4096) == 0 else {
      throw closing(socket, "bind", "Choose another --port than \(port).")
    }
    return socket
  }

  /// The next connection to a listening socket; nil if there is none now.
  static func accept(_ listener: CInt) -> CInt? {
    let socket = Glibc.accept(listener, nil, nil)
    guard socket >= 0 else { return nil }
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    set(socket, tcp, TCP_NODELAY, 1)
    return socket
  }

  /// How connecting has ended; 0: well, else an errno.
  static func connectResult(_ socket: CInt) -> CInt {
    var code: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }

  /// Lets the process have as many sockets as `count` and some more.
  static func allowDescriptors(_ count: Int) throws(BenchFailure) {
    let needed = rlim_t(count + 64)
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(kind, &limit) == 0, limit.rlim_cur < needed else { return }
    let allowed = limit.rlim_max
    limit.rlim_cur = needed
    limit.rlim_max = max(allowed, needed)  // Not every root may do more than reach the old maximum.
    guard setrlimit(kind, &limit) == 0 else {
      throw BenchFailure(
        "\(count) connections need \(needed) descriptors, and only \(allowed) are allowed. Raise `ulimit -Hn`.")
    }
  }

  private static func make() throws(BenchFailure) -> CInt {
    let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(AF_INET, kind, 0)
    guard socket >= 0 else { throw .system("socket", errno, "Raise `ulimit -n` or use fewer connections.") }
    set(socket, tcp, TCP_NODELAY, 1)
    return socket
  }

  /// For options that only make things faster or surer: a kernel without them is no reason to fail.
  private static func set(_ socket: CInt, _ level: CInt, _ option: CInt, _ value: CInt) {
    var value = value
    setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
  }

  private static func named(
    _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) -> CInt {
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }

  private static func closing(_ socket: CInt, _ call: String, _ advice: String) -> BenchFailure {
    let code = errno
    close(socket)
    return .system(call, code, advice)
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What memory there is for this process.
enum MachineMemory {
  /// Where the system does not say.
  private static let usual = 2 << 30

  /// A quarter: the other parts are for the store's caches and tables, sockets, and the system's own cache of the files.
  static var share: Int { share(of: bytes) }

  static func share(of bytes: Int) -> Int { max(64 << 20, bytes / 4) }

  /// Bytes of the machine, or what its control group leaves of them (cgroups version 2, then 1: containers and systemd).
  static var bytes: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let machine = pages > 0 ? pages * Int(getpagesize()) : usual
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap {
      (try? FileContents.read($0, limit: 64)).flatMap(number)
    }
    return limits.reduce(machine, min)
  }

  /// The number in such a file; nil: no limit, which is a word in version 2.
  static func number(_ file: [UInt8]) -> Int? {
    let text = String(decoding: file, as: UTF8.self)
    return text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The number of files and sockets the process may have open.
enum DescriptorLimit {
  /// Raises it to what the system allows without rights: many shells start programs with 1,024, which is 1,000 devices.
  /// Returns what it is then.
  @discardableResult
  static func raise() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return usualLimit }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(resource, &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// Where the system does not say.
  private static let usualLimit = 1024

  /// How many table files the store may keep open: a sixteenth of all, within reason.
  static func storeFiles(of limit: Int) -> Int { min(512, max(20, limit / 16)) }

  /// How many connections there may be, so that the store, the providers and the moving of connections between loops
  /// find descriptors too: a store that cannot open a file takes no more writes. `inUse` are open before the first
  /// connection; `wanted` is what the rest of the process may come to need.
  static func connections(of limit: Int, inUse: Int, wanted: Int) -> Int {
    let free = max(0, limit - inUse)
    // With a low limit everybody goes short, and half of little is better shared than fought for.
    return max(1, free - min(wanted, free / 2))
  }

  /// Descriptors that are open now; where the system does not tell, a guess that is too high.
  static func countOpen() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return 128 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Two names that are no descriptors, and the one of the directory itself.
    return max(0, count - 3)
  }
}

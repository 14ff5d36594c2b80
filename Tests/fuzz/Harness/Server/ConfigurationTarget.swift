import Glibc

@testable import WeirServer

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// Configuration files. One that loads is printed as one that loads as the same.
enum ConfigurationTarget {
  static let target = FuzzTarget("yaml", maximumBytes: 400) {
    // In memory, and without a name of its own; /proc leads to it as to any file.
    let name = "/weir-fuzz-\(getpid())-\(UInt32.random(in: .min ... .max))"
    let descriptor = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else { throw Finding("no file in memory") }
    shm_unlink(name)
    let path = "/proc/self/fd/\(descriptor)"
    return { bytes in
      guard let loaded = try load(Array(bytes), descriptor, path) else { return }
      let printed = loaded.yaml
      // Secrets are not printed, so what needs one does not load without.
      if printed.contains(Secret.placeholder) { return }
      guard let again = try load(Array(printed.utf8), descriptor, path) else {
        throw Finding("broken: what is printed loads")
      }
      try promise(shown(again.configuration) == shown(loaded.configuration), "what is printed loads as the same")
    }
  }

  private static func shown(_ configuration: WeirConfiguration) -> [[String]] {
    let settings = Settings.all + EntryPlace.all(in: configuration).flatMap(\.settings)
    return settings.filter { !$0.isSecret }.map { $0.show(configuration) }
  }

  private static func load(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws -> LoadedConfiguration? {
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
      throw Finding("the file in memory cannot be written")
    }
    return wait { try? await WeirConfiguration.load(ConfigurationSources(file: path)) } ?? nil
  }
}

// Whole-module builds count the members of `stat` as CoreFoundation's.
import CoreFoundation
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOSSL

/// Looks whether files with keys, secrets and certificates have changed, and has them count: issuers rotate keys and
/// certificates are renewed by programs that know nothing of this server. Nobody is dropped; what is not usable changes
/// nothing.
struct KeyFileKeeper: Sendable {
  let configuration: NIOLockedValueBox<WeirConfiguration>
  let gatekeeper: Gatekeeper
  let tls: TLSContextBox?
  let logger: Logger

  /// Where nothing is to be looked at: the configuration may come to say otherwise.
  private static let pauseWithoutWork = Duration.seconds(10)

  /// Returns when its task is cancelled.
  func run() async {
    var known = FileStamps(configuration.withLockedValue { $0 })
    while true {
      let interval = configuration.withLockedValue { $0.auth.fileCheckInterval }
      guard (try? await Task.sleep(for: interval == .zero ? Self.pauseWithoutWork : interval)) != nil else { return }
      if interval == .zero { continue }
      let current = configuration.withLockedValue { $0 }
      // Taken before the files are read: what changes while they are is seen the next time.
      let stamps = FileStamps(current)
      if stamps == known { continue }
      known = stamps
      await reload(current)
    }
  }

  private func reload(_ current: WeirConfiguration) async {
    do throws(ConfigurationError) {
      let keys = try await Authenticator.Keys(current.auth)
      let context = try current.tls.serverContext()
      gatekeeper.adopt(keys)
      if let context { tls?.adopt(context) }
      logger.notice("files with keys or certificates have changed and were read again")
    } catch {
      logger.error(
        "files with keys or certificates have changed and are not usable, so the old ones stay",
        metadata: ["problems": "\(error)"])
    }
  }
}

/// What tells one content of files from another without reading them.
struct FileStamps: Sendable, Equatable {
  private struct Stamp: Sendable, Equatable {
    var device: UInt64 = 0
    var inode: UInt64 = 0
    var size: Int64 = 0
    var changed: [UInt8] = []
  }

  private let stamps: [String: Stamp]

  /// Of the files that the configuration names for tokens and TLS.
  init(_ configuration: WeirConfiguration) {
    let auth = configuration.auth
    let named = (auth.jwtSecretFiles + auth.jwtKeyFiles).map { KeyLoader.split($0).path }
    let tls = [configuration.tls.certificateFile, configuration.tls.keyFile].compactMap { $0 }
    self.init(paths: named + auth.jwksFiles + tls)
  }

  init(paths: [String]) {
    stamps = Dictionary(paths.map { ($0, Self.stamp($0)) }) { first, _ in first }
  }

  /// Follows links: secrets are often exchanged by pointing a link elsewhere.
  private static func stamp(_ path: String) -> Stamp {
    var status = stat()
    guard stat(path, &status) == 0 else { return Stamp() }
    // As bytes: the names of `timespec`'s members are seen only where a module happens to be imported that has them too.
    return Stamp(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      changed: withUnsafeBytes(of: status.st_mtim) { Array($0) })
  }
}

import Glibc
import ServiceLifecycle

/// Tells the service manager how the server stands (sd_notify(3)): one datagram to the socket that `NOTIFY_SOCKET` names.
/// Without that variable, as in a shell, nothing is told.
struct ServiceManager: Sendable {
  private let path: String

  /// nil: nobody wants to know.
  init?(path: String?) {
    // "@" stands for an address that is no file (unix(7)). Others that are no path begin a kind of address not known here.
    guard let path, path.hasPrefix("/") || path.hasPrefix("@"), path.utf8.count > 1 else { return nil }
    self.path = path
  }

  /// Devices can connect.
  func ready(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))\nMAINPID=\(getpid())") }

  /// The configuration has been read again, or could not be.
  func status(_ status: String) { send("STATUS=\(Self.line(status))") }

  /// The server has begun to stop.
  func stopping() { send("STOPPING=1\nSTATUS=Stopping: answers are saved, devices are sent away.") }

  private static func line(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }

  /// Nobody's work depends on it: what goes wrong goes unsaid.
  private func send(_ text: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    // An abstract name is as long as it is said to be; a path ends at its zero.
    let length = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + name.count + (name[0] == 0 ? 0 : 1) } ?? 0
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = sendto(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL), address, socklen_t(length))
      }
    }
  }
}

/// Tells people and the service manager that the server is up, and when it begins to stop; runs beside it.
///
/// A service of its own, because the group waits for signals before it starts its services: whoever hears that the server is
/// up may end it at once, and a signal that came before that would end the process without a word.
struct Announcement: Service {
  let manager: ServiceManager?
  let isUp: @Sendable () -> Void

  func run() async throws {
    isUp()
    try? await gracefulShutdown()
    manager?.stopping()
  }
}

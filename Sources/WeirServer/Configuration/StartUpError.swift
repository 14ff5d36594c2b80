import NIOCore
import NIOPosix

/// Why the server could not start, in words for the person who started it, and in an exit code for its supervisor.
public protocol StartUpError: Error, Sendable, CustomStringConvertible {
  /// From sysexits.h where one fits.
  var exitCode: Int32 { get }
}

/// A start-up error made of an error that has no such words of its own.
public struct StartUpFailure: StartUpError {
  /// What was wrong and what to do.
  public let description: String
  /// From sysexits.h where one fits.
  public let exitCode: Int32

  /// Words for `error`, which ended the start of a server with this configuration.
  public init(_ error: any Error, configuration: WeirConfiguration) {
    let place = "\(configuration.listen.host):\(configuration.listen.port)"
    switch error {
    case let error as any StartUpError:
      description = error.description
      exitCode = error.exitCode
    case let error as IOError where error.errnoCode == EADDRINUSE:
      description = "\(place) is in use by another program. Stop that one, or choose another port with --port."
      exitCode = 69
    case let error as IOError where error.errnoCode == EACCES && configuration.listen.port < 1024:
      description = "Port \(configuration.listen.port) needs rights this user does not have. Choose one above 1023."
      exitCode = 77
    case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
      description = "\(configuration.listen.host) is not an address of this machine. Set --host to one, or to 0.0.0.0."
      exitCode = 69
    case is SocketAddressError, is SocketAddressError.UnknownHost:
      description = "\(configuration.listen.host) is no address and no name that resolves to one. Correct --host."
      exitCode = 68
    default:
      description = "The server could not start: \(error)."
      exitCode = 70
    }
  }
}

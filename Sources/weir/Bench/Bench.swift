import ArgumentParser
import Glibc

/// `weir bench`: the load generator. One thread, one epoll, frames made by hand; each figure is read from the operating
/// system or counted, and each answer is checked while it is counted.
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure a WebSocket server or a Weir server.",
    discussion: """
      The figures mean something when the server and this command have a processor each, for example \
      `taskset -c 0 weir echo` and `taskset -c 1 weir bench echo`. "load CPU" near 100 % says that the load generator, \
      not the server, was the limit. `bench/run` runs all of it and prints one table.
      """,
    subcommands: [
      Echo.self, Connect.self, Idle.self, Chat.self, Storm.self, Acks.self, Slow.self, Deflate.self,
      Fill.self, History.self, Upstream.self,
    ])
}

/// Why a measurement could not be made, in one sentence that says what to do.
struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }

  /// A system call failed.
  static func system(_ call: String, _ code: CInt, _ advice: String) -> BenchFailure {
    BenchFailure("\(call) failed: \(String(cString: strerror(code))). \(advice)")
  }
}

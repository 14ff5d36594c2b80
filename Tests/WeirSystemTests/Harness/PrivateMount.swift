/// A file system that only one child process sees. Needs no rights where the system lets users have name spaces.
enum PrivateMount {
  /// Words before a command: it runs with an empty tmpfs at `path`, mounted with `options`.
  static func shell(at path: String, options: String) -> [String] {
    let script = "mount -t tmpfs -o \(options) none \"$0\" && exec \"$@\""
    return ["/usr/bin/env", "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, path]
  }

  /// Whether the system lets this user mount anything.
  static func isPossible() async throws -> Bool {
    let command = shell(at: "/mnt", options: "size=1m") + ["true"]
    return try await ChildProcess.run(command[0], Array(command.dropFirst())).exit == .code(0)
  }
}

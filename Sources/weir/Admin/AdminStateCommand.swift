import ArgumentParser

/// `weir admin state`: the state as JSON, for scripts.
struct AdminStateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Print the server's state as JSON: lanes, endpoints, shards, slowest turns.")

  @OptionGroup var target: AdminTarget

  func run() async throws {
    let client = try target.client()
    do {
      print(try await client.state().json)
    } catch let failure as AdminFailure {
      throw Failing.exit("There is no state:", failure.description, code: 69)
    }
  }
}

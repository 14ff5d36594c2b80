import ArgumentParser
import WeirServer

/// The one command of the project; each job is a subcommand in a file of its own.
@main
struct Weir: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weir",
    abstract: "An LLM chat backend in one binary.",
    discussion: "Begin with `weir serve`, then `weir chat` in another terminal.",
    version: WeirServer.version,
    subcommands: [
      Serve.self, Chat.self, Token.self, Echo.self, EchoClient.self, Bench.self, Fake.self, Admin.self, Licenses.self,
    ])
}

import ArgumentParser

/// The one command of the project; each job is a subcommand in a file of its own.
@main
struct Weir: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weir",
    abstract: "An LLM chat backend in one binary.",
    version: "0.1.0",
    subcommands: [])
}

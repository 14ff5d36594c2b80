import ArgumentParser
import Foundation
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

  /// A word that is no command would be called an unexpected argument, which says neither what is wrong nor what is
  /// right.
  static func main() async {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName }
    if let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), word != "help", !names.contains(word) {
      let sentence = "There is no command \"\(word)\"; there are \(names.joined(separator: ", ")). See weir --help.\n"
      FileHandle.standardError.write(Data(sentence.utf8))
      Foundation.exit(ExitCode.validationFailure.rawValue)
    }
    await main(nil)
  }
}

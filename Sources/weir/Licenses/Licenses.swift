import ArgumentParser
import Foundation
import WeirServer

/// `weir licenses`: what others have written of this program, and on what terms.
struct Licenses: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "licenses",
    abstract: "List the libraries in this program, with their versions and licenses.",
    discussion: """
      Libraries that are compiled in come first, then those of the system that the program has loaded, by the versions \
      that it has loaded. Licenses are SPDX expressions (https://spdx.org/licenses).
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: "text or json.")
  var format = Format.text

  func run() throws {
    let loaded = SystemLibrary.loaded()
    var compiledIn = CompiledIn.all
    // Linked statically (--static-swift-stdlib), the language's own libraries are in the program too.
    if !loaded.contains(where: { $0.name == "libswiftCore" }) { compiledIn += SystemLibrary.swiftRuntime }
    let report = LicenseReport(version: WeirServer.version, compiledIn: compiledIn, loaded: loaded)
    switch format {
    case .text: print(report.text, terminator: "")
    case .json: print(try report.json())
    }
  }
}

/// What `weir licenses` says.
struct LicenseReport: Encodable {
  let version: String
  let compiledIn: [Component]
  let loaded: [Component]

  /// A table for people.
  var text: String {
    "weir \(version)\n\nCompiled in:\n\(Self.table(compiledIn))\nLoaded from this system:\n\(Self.table(loaded))"
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  private static func table(_ components: [Component]) -> String {
    let rows = components.map { [$0.name, $0.version, $0.license, $0.source] }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      return "  " + (cells + [row[3]]).joined(separator: "  ") + "\n"
    }.joined()
  }
}

/// A library of somebody else's.
struct Component: Encodable, Equatable {
  let name: String
  let version: String
  /// An SPDX expression.
  let license: String
  /// Where it comes from: a URL, or the file that was loaded.
  let source: String
}

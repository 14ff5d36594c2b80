import Foundation
import Testing

@testable import weir

@Suite("weir licenses")
struct LicensesTests {
  private static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private struct Resolved: Decodable {
    struct Pin: Decodable {
      struct State: Decodable { let version: String? }
      let identity: String
      let state: State
    }
    let pins: [Pin]
  }

  @Test("every package of the build is named with its license, and no package that is not in it")
  func packages() throws {
    let file = Self.top.appending(path: "Package.resolved")
    let pins = try JSONDecoder().decode(Resolved.self, from: Data(contentsOf: file)).pins
    let shipped = Set(pins.map(\.identity)).subtracting(CompiledIn.forTestsOnly)
    let inside = CompiledIn.all.filter { $0.version.hasPrefix("in ") }
    let named = Set(CompiledIn.all.map(\.name)).subtracting(inside.map(\.name))
    #expect(named == shipped, "run .ci/licenses")
    #expect(CompiledIn.all.allSatisfy { !$0.license.isEmpty && $0.source.hasPrefix("https://") })
    for carried in inside {
      let packages = carried.version.dropFirst(3).split(separator: " ").filter { $0 != "and" }
      #expect(packages.allSatisfy { shipped.contains(String($0)) }, "\(carried.name)")
    }
    // Versions move with every resolution; a release is made with the right ones.
    if ProcessInfo.processInfo.environment["WEIR_RELEASE"] != nil {
      for pin in pins where shipped.contains(pin.identity) {
        #expect(CompiledIn.all.first { $0.name == pin.identity }?.version == pin.state.version, "run .ci/licenses")
      }
    }
  }

  @Test("every library that this process has loaded is known, and those that the build asks for are there")
  func libraries() {
    let loaded = SystemLibrary.loaded()
    for name in ["librocksdb", "libz", "libcurl", "libssl", "libcrypto", "libc"] {
      #expect(loaded.contains { $0.name == name && !$0.version.isEmpty }, "\(name)")
    }
    // The tests' own libraries are loaded too.
    let ofTests = ["libXCTest", "libTesting", "lib_Testing", "lib_TestingInterop", "libxml2", "libicu", "liblzma"]
    let unknown = loaded.filter { library in
      library.license == "unknown" && !ofTests.contains { library.name.hasPrefix($0) }
    }
    #expect(unknown.isEmpty, "\(unknown.map(\.source))")
  }

  @Test("a file's name tells the library and the version; what is not known is said to be unknown")
  func files() {
    func component(_ file: String) -> Component { SystemLibrary.component("/usr/lib/\(file)") }
    #expect(component("librocksdb.so.7.8.3").version == "7.8.3")
    #expect(component("librocksdb.so.7.8.3").license == "Apache-2.0 OR GPL-2.0-only")
    #expect(component("libz.so.1.2.13").name == "libz" && component("libzstd.so.1.5.4").license.hasPrefix("BSD"))
    #expect(component("libswiftCore.so").license == "Apache-2.0 WITH Swift-exception")
    #expect(component("libzombie.so.1").license == "unknown")
    #expect(component("libc-2.31.so").license == component("libc.so.6").license)
  }

  @Test("the same is told as a table and as JSON")
  func formats() throws {
    let report = LicenseReport(
      version: "1.2.3", compiledIn: [Component(name: "a", version: "1", license: "MIT", source: "https://a")],
      loaded: [Component(name: "longer", version: "10.2", license: "Zlib", source: "/usr/lib/longer.so")])
    #expect(
      report.text == """
        weir 1.2.3

        Compiled in:
          a  1  MIT  https://a

        Loaded from this system:
          longer  10.2  Zlib  /usr/lib/longer.so

        """)
    let object = try JSONSerialization.jsonObject(with: Data(try report.json().utf8)) as? [String: Any]
    #expect((object?["compiledIn"] as? [[String: String]])?.first?["license"] == "MIT")
    #expect((object?["loaded"] as? [[String: String]])?.first?["source"] == "/usr/lib/longer.so")
  }
}

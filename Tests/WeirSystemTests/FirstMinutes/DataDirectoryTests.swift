import Foundation
import Testing

extension SystemTests {
  /// A data directory that cannot be used is a sentence and an exit code.
  @Suite struct DataDirectory {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("a directory that another server uses is refused with 75, and that server goes on")
    func locked() async throws {
      let data = directory.file("data")
      try await withServer(data: data) { server in
        let second = try await Weir.run("serve", "--port", "0", "--data", data)
        #expect(second.exit == .code(75))
        #expect(second.err.contains(data))
        expectNoTrace(second)
        let device = try await Device.connect(server)
        #expect(try await device.converse("still here?").finished != nil)
      }
    }

    @Test("a file where the directory should be is refused with 73")
    func file() async throws {
      let path = try directory.write("not a directory", to: "data")
      let result = try await Weir.run("serve", "--port", "0", "--data", path)
      #expect(result.exit == .code(73))
      #expect(result.err.contains(path))
      expectNoTrace(result)
    }

    @Test("a directory that may not be written is refused", .enabled(if: getuid() != 0, "root may write everywhere"))
    func forbidden() async throws {
      let path = directory.file("data")
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      chmod(path, 0o500)
      let result = try await Weir.run("serve", "--port", "0", "--data", path)
      #expect(result.exit == .code(77) || result.exit == .code(73))
      #expect(result.err.contains(path))
      expectNoTrace(result)
    }

    @Test("a place where no directory can be made is refused with 73")
    func unmakeable() async throws {
      let path = "/proc/weir-data"
      let result = try await Weir.run("serve", "--port", "0", "--data", path)
      #expect(result.exit == .code(73))
      #expect(result.err.contains(path))
      expectNoTrace(result)
    }

    @Test(
      "a file system that takes no writes is refused with 73",
      .enabled("the system lets this user mount nothing") { try await PrivateMount.isPossible() })
    func readOnly() async throws {
      let path = directory.file("mounted")
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let command =
        PrivateMount.shell(at: path, options: "ro") + [try Weir.binary(), "serve", "--port", "0", "--data", path]
      let result = try await ChildProcess.run(command[0], Array(command.dropFirst()))
      #expect(result.exit == .code(73))
      #expect(result.err.contains("read-only"))
      expectNoTrace(result)
    }

    @Test("what else is in the directory is left alone")
    func foreign() async throws {
      let path = directory.file("data")
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let diary = try directory.write("dear diary", to: "data/diary.txt")
      for _ in 1...2 {
        try await withServer(data: path) { server in
          let device = try await Device.connect(server)
          #expect(try await device.converse("hello").finished != nil)
        }
      }
      #expect(try String(contentsOfFile: diary, encoding: .utf8) == "dear diary")
    }

    @Test("a damaged database is refused with 65 and a sentence", arguments: ["CURRENT", "MANIFEST"])
    func damaged(_ name: String) async throws {
      let data = directory.file("data")
      try await withServer(data: data) { server in
        _ = try await Device.connect(server).converse("hello")
      }
      let all = FileManager.default.enumerator(atPath: data)?.compactMap { $0 as? String } ?? []
      let wanted = all.filter { ($0 as NSString).lastPathComponent.hasPrefix(name) }
      try #require(!wanted.isEmpty, "\(all)")
      for file in wanted {
        try Data("this is not what was written here".utf8).write(to: URL(fileURLWithPath: "\(data)/\(file)"))
      }
      let result = try await Weir.run("serve", "--port", "0", "--data", data)
      #expect(result.exit == .code(65))
      #expect(result.err.contains(data))
      expectNoTrace(result)
    }
  }
}

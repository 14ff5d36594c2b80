import Foundation
import Testing

@testable import weir

@Suite("The file of what was typed")
struct HistoryFileTests {
  private func withDirectory(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("weir-history-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test("lines come back as they were, of several lines too, and only their owner can read them")
  func roundTrip() throws {
    try withDirectory { path in
      let file = try #require(HistoryFile(environment: ["XDG_STATE_HOME": path]))
      #expect(file.load().isEmpty)
      let lines = ["plain", "two\nlines", "back\\slash \\n", "日本 👩‍👩‍👧‍👦"]
      for line in lines { file.append(line) }
      #expect(file.load() == lines)
      let attributes = try FileManager.default.attributesOfItem(atPath: path + "/weir/chat-history")
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }
  }

  @Test("a file that has grown is read from its end and written anew, within its bound")
  func bounded() throws {
    try withDirectory { path in
      let file = try #require(HistoryFile(environment: ["HOME": path]))
      file.append("first")
      let name = path + "/.local/state/weir/chat-history"
      let line = String(repeating: "x", count: 999) + "\n"
      try Data(String(repeating: line, count: 1_500).utf8).write(to: URL(fileURLWithPath: name))
      #expect(file.load().count == InputHistory.maximumEntries)
      let size = try #require(FileManager.default.attributesOfItem(atPath: name)[.size] as? NSNumber)
      #expect(size.intValue == InputHistory.maximumEntries * line.utf8.count)
    }
  }

  @Test("what somebody put into the file is not obeyed, and without a place for it there is none")
  func hostile() throws {
    #expect(HistoryFile.decoded("a\u{1B}[2J\\q") == "a\u{241B}[2Jq")
    #expect(HistoryFile(environment: [:]) == nil && HistoryFile(environment: ["XDG_STATE_HOME": "relative"]) == nil)
  }

  @Test("a link in place of the file is not followed")
  func link() throws {
    try withDirectory { path in
      let file = try #require(HistoryFile(environment: ["XDG_STATE_HOME": path]))
      try FileManager.default.createDirectory(atPath: path + "/weir", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: path + "/weir/chat-history", withDestinationPath: path + "/other")
      file.append("line")
      #expect(!FileManager.default.fileExists(atPath: path + "/other"))
    }
  }
}

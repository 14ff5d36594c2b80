import Testing

@testable import weir

@Suite("Lines at the prompt")
struct ChatCommandTests {
  @Test(
    "a line is read as it is meant",
    arguments: [
      ("hello", ChatCommand.message("hello")), ("  hello ", .message("  hello ")), ("", .blank), ("  \t", .blank),
      ("//bin is a path", .message("/bin is a path")), ("/help", .help), ("/?", .help), ("/HELP", .help),
      ("/new", .new(title: "")), ("/new my title", .new(title: "my title")), ("/open abc", .open("abc")),
      ("/list", .list), ("/rename  a b ", .rename("a b")), ("/delete", .delete(nil)), ("/delete x", .delete("x")),
      ("/history", .history(20)), ("/history 3", .history(3)), ("/stop", .stop), ("/continue", .continueAnswer),
      ("/retry", .retry), ("/usage", .usage), ("/thinking", .thinking), ("/result {\"a\": 1}", .result("{\"a\": 1}")),
      ("/quit", .quit), ("/exit", .quit),
    ])
  func read(line: String, command: ChatCommand) {
    #expect(ChatCommand(parsing: line) == command)
  }

  @Test(
    "what is used wrongly is answered with how it is used, and never sent to the model",
    arguments: [
      "/", "/nonsense", "/open", "/open a b", "/rename", "/history 0", "/history x", "/history 501", "/delete a b",
      "/stop now", "/result", "/usage x",
    ])
  func wrong(line: String) {
    guard case .wrong(let sentence) = ChatCommand(parsing: line) else {
      Issue.record("\(line) was taken")
      return
    }
    #expect(sentence.hasSuffix(".") && sentence.contains("/"))
  }

  @Test("every command of the help is one")
  func help() {
    for line in ChatCommand.manual.split(separator: "\n") where !line.hasPrefix("//") {
      let word = line.split(separator: " ")[0]
      let command = ChatCommand(
        parsing: "\(word) \(line.contains("ID ") || line.contains("TITLE ") || line.contains("TEXT ") ? "x" : "")")
      if case .wrong = command { Issue.record("\(word) is in the help and is no command") }
    }
  }
}

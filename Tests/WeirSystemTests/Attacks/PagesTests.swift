import Foundation
import Testing

extension SystemTests {
  /// The pages in `Tests` name tests; what they name is there.
  @Suite struct Pages {
    @Test("every test that the pages of attacks, promises and threats name exists, word for word")
    func namedTests() throws {
      let tests = "\(TestRun.repository)/Tests"
      var named = 0
      for page in ["ATTACKS.md", "PROMISES.md", "THREATS.md"] {
        let text = try String(contentsOfFile: "\(tests)/\(page)", encoding: .utf8)
        // `Target/Folder/File` *the test's sentence*
        for match in text.matches(of: #/`(\w+Tests/[\w/+]+)` \*([^*]+)\*/#) {
          let path = "\(tests)/\(match.1).swift"
          guard let source = try? String(contentsOfFile: path, encoding: .utf8) else {
            Issue.record("\(page): there is no \(match.1).swift")
            continue
          }
          #expect(source.contains("\"\(match.2)\""), "\(page): \(match.1) has no test \"\(match.2)\"")
          named += 1
        }
      }
      // Else the pages are written in another form, and nothing was looked at.
      #expect(named > 80)
    }
  }
}

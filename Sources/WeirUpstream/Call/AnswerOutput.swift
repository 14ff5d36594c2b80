internal import WeirCore

/// What a call gives: text that is added to a buffer, and marks between its bytes. The text of many calls may lie in one
/// buffer; the marks are those of one call and one step of it.
struct AnswerOutput: Sendable, Equatable {
  /// Something that is said at a place in the text.
  struct Mark: Sendable, Equatable {
    /// Behind so many bytes of the buffer.
    var offset: Int
    /// `.part` or `.signature`.
    var kind: UpstreamEvent.Kind
  }

  /// Whole characters of UTF-8 at any time.
  var text: [UInt8] = []
  /// In ascending order of their places.
  private(set) var marks: [Mark] = []

  init() {}

  /// Says `kind` behind the text so far.
  mutating func mark(_ kind: UpstreamEvent.Kind) {
    marks.append(Mark(offset: text.count, kind: kind))
  }
}

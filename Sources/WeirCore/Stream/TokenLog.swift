package import WeirWire

/// The text of one answer, stored once (rule 4): UTF-8 that only grows, and only by whole characters, so that its end is
/// always a place to cut. Devices hold offsets into it. Its parts (text, reasoning, tool calls) lie one after another.
package struct TokenLog: Sendable {
  package private(set) var bytes: [UInt8]
  /// Where parts begin, ascending. None: all is plain text.
  package private(set) var marks: [PlacedMark]
  /// Up to here the store has the text.
  package private(set) var checkpointed: Int
  private var checkpointedMarks: Int

  /// `prefix` is text the answer goes on with; the store has it already.
  package init(prefix: [UInt8] = [], marks: [PlacedMark] = []) {
    bytes = prefix
    self.marks = marks
    checkpointed = prefix.count
    checkpointedMarks = marks.count
  }

  package var count: Int { bytes.count }

  /// Adds whole characters to the part that was begun last.
  package mutating func append(_ text: Span<UInt8>) {
    text.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  /// Begins a part. A tool call that has said nothing gets empty arguments, so that every part has a place of its own.
  package mutating func begin(_ mark: PartMark) {
    close()
    if let last = marks.last, last.offset == UInt64(count) {
      // Of a part without text nothing is left; the store has not heard of it.
      marks.removeLast()
    }
    if mark.kind == .text, marks.last?.mark.kind ?? .text == .text { return }
    marks.append(PlacedMark(offset: UInt64(count), mark: mark))
  }

  /// Ends the last part.
  package mutating func close() {
    if let last = marks.last, last.mark.kind == .toolCall, last.offset == UInt64(count) {
      bytes.append(contentsOf: "{}".utf8)
    }
  }

  /// Notes the provider's proof of the reasoning that came last.
  package mutating func sign(_ signature: String) {
    guard let index = marks.lastIndex(where: { $0.mark.kind == .reasoning }) else { return }
    marks[index].signature += signature
    checkpointedMarks = min(checkpointedMarks, index)
  }

  /// The part that the byte at `offset` belongs to, and where that part ends. Call's id and tool's name only at its
  /// beginning.
  package func part(at offset: Int) -> (mark: PartMark, end: Int) {
    if marks.isEmpty { return (.text, count) }
    var end = count
    for placed in marks.reversed() {
      let start = Int(placed.offset)
      if start == offset { return (placed.mark, end) }
      if start < offset { return (PartMark(kind: placed.mark.kind), end) }
      end = start
    }
    return (.text, end)
  }

  /// The text and marks that the store does not have yet, and notes that it has been given them; nil if there is no text.
  /// A mark that got its signature later comes again.
  package mutating func takeCheckpoint() -> (offset: Int, text: [UInt8], marks: [PlacedMark])? {
    guard checkpointed < bytes.count else { return nil }
    let offset = checkpointed
    checkpointed = bytes.count
    // A part that has no text yet may still turn out to be none.
    let end = marks.last.map { $0.offset < UInt64(count) } ?? true ? marks.count : marks.count - 1
    let fresh = Array(marks[min(checkpointedMarks, end)..<end])
    checkpointedMarks = end
    return (offset, Array(bytes[offset...]), fresh)
  }

  /// All of it as plain text, whatever its parts are.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The answer's content.
  package var parts: [Part] { Part.parts(of: bytes, marks: marks) }
}

extension PartMark {
  /// Plain text.
  package static var text: PartMark { PartMark(kind: .text) }
}

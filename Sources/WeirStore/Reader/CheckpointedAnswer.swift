// An answer put together again from its checkpoints.

internal import WeirCore

/// Joins the checkpoints of one answer, which come in the order of their places, as far as they join without a gap.
struct CheckpointedAnswer {
  private let base: UInt64
  private let limit: Int
  private var text: [UInt8] = []
  private var marks: [PlacedMark] = []
  private var markBytes = 0
  private var hasGap = false

  /// `base`: where the text begins. `limit`: from so many bytes on, nothing more is added.
  init(base: UInt64, limit: Int) {
    self.base = base
    self.limit = limit
  }

  private var isComplete: Bool { hasGap || text.count + markBytes >= limit }

  mutating func add(textAt offset: UInt64, _ bytes: UnsafeRawBufferPointer) {
    if isComplete { return }
    let (end, isAbsurd) = base.addingReportingOverflow(UInt64(text.count))
    if isAbsurd || offset > end {
      hasGap = true
      return
    }
    // A checkpoint that says again what is there already adds only what is new.
    if end - offset < UInt64(bytes.count) { text.append(contentsOf: bytes[Int(end - offset)...]) }
  }

  mutating func add(markAt offset: UInt64, _ value: UnsafeRawBufferPointer) throws(StoreError) {
    if isComplete || offset < base { return }
    var mark = try PlacedMark.decode(value)
    mark.offset = offset
    marks.append(mark)
    markBytes += value.count
  }

  /// The text up to its last whole character, and the marks in it or at its end.
  var whole: (text: [UInt8], marks: [PlacedMark]) {
    let text = WholeCharacters.prefix(of: text)
    return (text, marks.filter { $0.offset - base <= UInt64(text.count) })
  }
}

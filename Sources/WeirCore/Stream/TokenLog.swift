/// The text of one answer, stored once (rule 4): UTF-8 that only grows, and only by whole characters, so that its end is
/// always a place to cut. Devices hold offsets into it.
package struct TokenLog: Sendable {
  package private(set) var bytes: [UInt8]
  /// Up to here the store has the text.
  package private(set) var checkpointed: Int

  /// `prefix` is text the answer goes on with; the store has it already.
  package init(prefix: [UInt8] = []) {
    bytes = prefix
    checkpointed = prefix.count
  }

  package var count: Int { bytes.count }

  /// Adds whole characters.
  package mutating func append(_ text: ArraySlice<UInt8>) {
    bytes.append(contentsOf: text)
  }

  /// The text that the store does not have yet, and marks it as given to it; nil if there is none.
  package mutating func takeCheckpoint() -> (offset: Int, text: [UInt8])? {
    guard checkpointed < bytes.count else { return nil }
    let offset = checkpointed
    checkpointed = bytes.count
    return (offset, Array(bytes[offset...]))
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A text as a key, told apart by its bytes. Swift's strings compare by what a reader sees: "é" as one scalar equals "e" with
/// an accent behind it. Names of users that do are still two users, and must never meet.
struct ByteKey: Hashable {
  private let bytes: [UInt8]

  init(_ text: String) {
    bytes = Array(text.utf8)
  }
}

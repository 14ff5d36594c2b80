import Glibc

/// Copies files so that a loss of power finds them whole.
enum FileCopy {
  private static let pieceBytes = 1 << 20

  /// Copies a file to one that does not exist, and waits until the disk has it. `copied` hears of each piece.
  static func copy(_ source: String, to target: String, copied: (UInt64) -> Void) throws(StoreError) {
    let input = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard input >= 0 else { throw DataDirectory.failure(errno, source) }
    defer { close(input) }
    let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard output >= 0 else { throw DataDirectory.failure(errno, target) }
    defer { close(output) }
    var piece = [UInt8](repeating: 0, count: pieceBytes)
    while true {
      let count = read(input, &piece, piece.count)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw DataDirectory.failure(errno, source)
      }
      try write(piece[..<count], to: output, target)
      copied(UInt64(count))
    }
    guard fsync(output) == 0 else { throw DataDirectory.failure(errno, target) }
  }

  private static func write(_ bytes: ArraySlice<UInt8>, to output: CInt, _ target: String) throws(StoreError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
      guard count >= 0 || errno == EINTR else { throw DataDirectory.failure(errno, target) }
      rest = rest.dropFirst(max(0, count))
    }
  }
}

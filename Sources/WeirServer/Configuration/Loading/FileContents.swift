import Glibc

/// Reads the small files that configuration names: secrets, keys, certificates, YAML.
enum FileContents {
  /// Why a file cannot be read; a clause such as "there is no such file".
  struct Failure: Error {
    let reason: String
  }

  /// The file's bytes, if there are no more than `limit`. Blocks: for start-up only.
  static func read(_ path: String, limit: Int = 1 << 20) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw Failure(reason: reason(errno)) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 0)
    while true {
      // One byte over the limit is asked for, so that a longer file is noticed and never held.
      let room = min(limit + 1 - bytes.count, 65536)
      let start = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: room))
      let count = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[start...]).baseAddress, room)
      }
      let code = errno
      bytes.removeLast(room - max(count, 0))
      if count < 0 {
        if code == EINTR { continue }
        throw Failure(reason: reason(code))
      }
      if count == 0 { return bytes }
      if bytes.count > limit { throw Failure(reason: "it is larger than \(limit) bytes") }
    }
  }

  /// The file's text without the white space around it.
  static func readText(_ path: String, limit: Int = 64 << 10) throws(Failure) -> String {
    let bytes = try read(path, limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(reason: "it is not UTF-8 text") }
    let blanks: Set<Character> = [" ", "\t", "\n", "\r", "\r\n"]
    var trimmed = text[...]
    while let last = trimmed.last, blanks.contains(last) { trimmed.removeLast() }
    return String(trimmed.drop { blanks.contains($0) })
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case ENOENT: "there is no such file"
    case EACCES: "this user may not read it"
    case EISDIR: "it is a directory"
    default: String(cString: strerror(code))
    }
  }
}

import NIOCore

/// Collects bytes until the empty line that ends an HTTP head. Each byte is looked at once.
struct HeadGatherer {
  enum Progress: Equatable {
    case needsMore
    /// The head, with its last CRLF CRLF, is so many of the gathered bytes.
    case complete(headBytes: Int)
    case tooLong
    /// The first line is over its own limit already.
    case lineTooLong
    /// The first byte cannot begin HTTP (a TLS hello, for example).
    case notHTTP
  }

  private let limits: HeadLimits
  private(set) var gathered = ByteBuffer()
  private var scanned = 0
  private var matched = 0
  private var sawLineEnd = false

  init(_ limits: HeadLimits) { self.limits = limits }

  var isEmpty: Bool { gathered.readableBytes == 0 }

  mutating func append(_ bytes: ByteBuffer) -> Progress {
    if gathered.readableBytes == 0 { gathered = bytes } else { gathered.writeImmutableBuffer(bytes) }
    return scan()
  }

  /// Takes bytes that came behind a complete head.
  mutating func keep(_ bytes: ByteBuffer) { gathered.writeImmutableBuffer(bytes) }

  /// Copies what was gathered: who waits must not hold the loop's read buffer.
  mutating func detach() { gathered = ByteBuffer(bytes: gathered.readableBytesView) }

  private mutating func scan() -> Progress {
    let limit = limits.clampedHeadBytes
    let uriLimit = limits.maximumURIBytes
    var (position, state, line) = (scanned, matched, sawLineEnd)
    let progress = gathered.withUnsafeReadableBytes { bytes -> Progress in
      if position == 0, let first = bytes.first, !TokenScanner.isTokenByte(first), first != 13 { return .notHTTP }
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        // CR LF CR LF, counted: even states await CR, odd ones LF.
        if byte == 13 {
          state = state == 2 ? 3 : 1
        } else if byte == 10, state == 1 || state == 3 {
          state += 1
          line = true
          if state == 4 { return position <= limit ? .complete(headBytes: position) : .tooLong }
        } else {
          state = 0
        }
        if position > limit { return line ? .tooLong : .lineTooLong }
      }
      // Method, spaces and version take less than 64 bytes of the line.
      return !line && position > uriLimit + 64 ? .lineTooLong : .needsMore
    }
    (scanned, matched, sawLineEnd) = (position, state, line)
    return progress
  }
}

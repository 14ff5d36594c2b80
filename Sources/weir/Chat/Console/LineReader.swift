import Foundation
import NIOConcurrencyHelpers

/// Reads lines from a descriptor on a thread of its own, because reading from a terminal or a pipe blocks. A line is
/// read only when someone asks for it, so that a pipe is not drained faster than its lines are dealt with.
final class LineReader: LineSource {
  /// One answer to `next`.
  enum Line: Sendable, Equatable {
    case text(String)
    /// A line over the limit; it was skipped.
    case tooLong
    case end
  }

  private struct State {
    var waiting: [CheckedContinuation<Line, Never>] = []
    var hasEnded = false
  }

  /// Bytes in one line.
  static let maximumLineBytes = 16 * 1024 * 1024

  private let descriptor: Int32
  private let prompt: @Sendable () -> Void
  private let condition = ConditionLock(value: 0)
  private let state = NIOLockedValueBox(State())

  /// `prompt` shows a person that a line is awaited.
  init(descriptor: Int32 = STDIN_FILENO, prompt: @escaping @Sendable () -> Void = {}) {
    self.descriptor = descriptor
    self.prompt = prompt
  }

  /// Begins the thread. Once.
  func start() {
    let thread = Thread { [self] in
      var splitter = LineSplitter(limit: Self.maximumLineBytes)
      while true {
        // Sleeps until somebody asks.
        condition.lock(whenValue: 1)
        condition.unlock(withValue: 0)
        var asked = take()
        while let reader = asked {
          let line = read(&splitter)
          if line == .end { state.withLockedValue { $0.hasEnded = true } }
          reader.resume(returning: line)
          if line == .end {
            while let other = take() { other.resume(returning: .end) }
            return
          }
          asked = take()
        }
      }
    }
    thread.name = "weir-lines"
    thread.start()
  }

  /// The next line, without its end.
  func next() async -> Line {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLockedValue { state in
        if !state.hasEnded { state.waiting.append(continuation) }
        return state.hasEnded
      }
      if hasEnded {
        continuation.resume(returning: .end)
      } else {
        condition.lock()
        condition.unlock(withValue: 1)
      }
    }
  }

  func show() { prompt() }

  /// The terminal has shown it when it was typed.
  func echo(_ line: String) {}

  /// What is not sent yet is the terminal's.
  func discard() -> Bool { false }

  func redraw() {}

  func suspend() {}

  func resume() {}

  func stop() {}

  private func take() -> CheckedContinuation<Line, Never>? {
    state.withLockedValue { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
  }

  private func read(_ splitter: inout LineSplitter) -> Line {
    while true {
      if let line = splitter.next() { return line }
      let count = splitter.fill { buffer in
        while true {
          let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
          if count >= 0 || errno != EINTR { return max(count, 0) }
        }
      }
      if count == 0 { return splitter.finish() }
    }
  }
}

/// Cuts bytes into lines. LF and CRLF end a line; the last one needs no end.
struct LineSplitter {
  private let limit: Int
  private var bytes: [UInt8] = []
  private var scanned = 0
  private var isSkipping = false

  init(limit: Int) {
    self.limit = limit
  }

  /// The next whole line, if there is one.
  mutating func next() -> LineReader.Line? {
    if let end = bytes[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = bytes[..<end]
      let wasSkipping = isSkipping
      isSkipping = false
      scanned = 0
      defer { bytes.removeFirst(end + 1) }
      return wasSkipping || line.count > limit ? .tooLong : .text(Self.text(line))
    }
    scanned = bytes.count
    if bytes.count > limit {
      isSkipping = true
      bytes.removeAll()
      scanned = 0
    }
    return nil
  }

  /// Reads more with `body`, which returns how many bytes it put into the buffer; 0 is the end.
  mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    var count = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, initialized in
      count = body(UnsafeMutableRawBufferPointer(buffer))
      initialized = count
    }
    bytes.append(contentsOf: chunk)
    return count
  }

  /// What is left when no more comes: the last line, or the end.
  mutating func finish() -> LineReader.Line {
    if isSkipping {
      isSkipping = false
      bytes = []
      return .tooLong
    }
    guard !bytes.isEmpty else { return .end }
    defer {
      bytes = []
      scanned = 0
    }
    return .text(Self.text(bytes[...]))
  }

  private static func text(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }
}

import Foundation
import NIOConcurrencyHelpers
import NIOCore
import WeirServer

/// Reads the lines of an answer that tells its progress, and keeps the last.
final class AdminLines: Sendable {
  /// A line is a sentence and some findings.
  private static let maximumLineBytes = 1 << 20

  private struct State {
    var unread = Data()
    var last: AdminProgress?
  }

  private let state = NIOLockedValueBox(State())
  private let tell: @Sendable (AdminProgress) -> Void

  /// `tell` is called for each line, on an event loop.
  init(_ tell: @escaping @Sendable (AdminProgress) -> Void) { self.tell = tell }

  /// The last line that has come; nil: none has.
  var last: AdminProgress? { state.withLockedValue { $0.last } }

  /// Takes the next piece of the answer, which may begin and end anywhere in a line.
  func take(_ piece: ByteBuffer) throws(AdminFailure) {
    let lines = state.withLockedValue { state in
      state.unread.append(contentsOf: piece.readableBytesView)
      let pieces = state.unread.split(separator: 0x0A, omittingEmptySubsequences: false)
      state.unread = Data(pieces.last ?? Data())
      return pieces.dropLast().map { Data($0) }
    }
    guard state.withLockedValue({ $0.unread.count }) <= Self.maximumLineBytes else {
      throw AdminFailure("A line of the answer is too long; is the server of another version?")
    }
    for line in lines {
      guard let progress = try? JSONDecoder().decode(AdminProgress.self, from: line) else {
        throw AdminFailure("A line of the answer is none of this version's; use the command of the server's version.")
      }
      state.withLockedValue { $0.last = progress }
      tell(progress)
    }
  }
}

import NIOConcurrencyHelpers
import WeirCore
import WeirWire

@testable import WeirUpstream

/// What a shard learns of one call.
struct Transcript: Sendable {
  var text: [UInt8] = []
  var started: String?
  var pays = false
  var positions: [Int] = []
  var reasons: [QueueReason] = []
  var marks: [AnswerOutput.Mark] = []
  var end: UpstreamEvent.Kind?
  /// Events behind the end: there must be none.
  var late = 0

  var said: String { String(decoding: text, as: UTF8.self) }

  var error: WeirError? {
    if case .failed(let error) = end { error } else { nil }
  }
}

/// Stands in for shards: takes batches as a sink and sorts them by call.
final class ShardInbox: Sendable {
  private struct Waiter {
    let number: Int
    let condition: @Sendable ([CallID: Transcript]) -> Bool
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var transcripts: [CallID: Transcript] = [:]
    var batches = 0
    var waiters: [Waiter] = []
    var nextWaiter = 0
  }

  private let state = NIOLockedValueBox(State())

  var sink: UpstreamDriver.Sink { { self.take($0) } }
  var batches: Int { state.withLockedValue { $0.batches } }

  var all: [CallID: Transcript] { state.withLockedValue { $0.transcripts } }

  subscript(_ call: CallID) -> Transcript { state.withLockedValue { $0.transcripts[call] ?? Transcript() } }

  private func take(_ batch: UpstreamBatch) {
    let ready = state.withLockedValue { state in
      state.batches += 1
      var taken = 0
      for event in batch.events {
        var transcript = state.transcripts[event.callID] ?? Transcript()
        if transcript.end != nil { transcript.late += 1 }
        switch event.kind {
        case .queued(let position, _, let reason, _):
          transcript.positions.append(position)
          transcript.reasons.append(reason)
        case .sent: break
        case .pays: transcript.pays = true
        case .started(let model, _, let isShared):
          transcript.started = model
          transcript.pays = !isShared
        case .text(let length):
          transcript.text += batch.text[taken..<taken + length]
          taken += length
        case .part, .signature, .seam: transcript.marks.append(.init(offset: transcript.text.count, kind: event.kind))
        case .finished, .failed: transcript.end = event.kind
        }
        state.transcripts[event.callID] = transcript
      }
      precondition(taken == batch.text.count, "every byte of a batch belongs to a call")
      let transcripts = state.transcripts
      let ready = state.waiters.filter { $0.condition(transcripts) }
      state.waiters.removeAll { $0.condition(transcripts) }
      return ready
    }
    for waiter in ready { waiter.continuation.resume() }
  }

  /// Waits until `condition` holds for what has come. A task that is cancelled, as by a time limit, waits no longer.
  func wait(until condition: @escaping @Sendable ([CallID: Transcript]) -> Bool) async {
    let number = state.withLockedValue { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLockedValue { state in
          if Task.isCancelled || condition(state.transcripts) { return true }
          state.waiters.append(Waiter(number: number, condition: condition, continuation: continuation))
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLockedValue { state in
        state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume()
    }
  }
}

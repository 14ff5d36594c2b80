// Reading without blocking an event loop.

package import WeirCore

/// Answers questions to the store on a few threads of its own.
///
/// A thread takes its share of the questions that wait, answers them from one snapshot, and gives each shard its replies
/// with one call. A question that is asked after the journal's reply to an entry sees that entry. Replies may come in
/// another order than their questions.
package final class StoreReader: Sendable {
  /// Takes the replies for one shard. Called on a thread of the reader, or by `read` on the caller's when it refuses; it
  /// must not block.
  package typealias Replies = @Sendable ([StoreReadReply]) -> Void

  private struct Item: Sendable {
    var question: StoreRead
    var shard: Int
    var token: UInt64
  }

  /// Questions that one thread takes at a time: enough to share a snapshot and a wake-up, few enough that the first does
  /// not wait for the last.
  private static let maximumTaken = 32

  private let queue: WorkQueue<Item>
  private let replies: [Replies]
  private let threads: [WorkerThread]

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - maximumQueued: questions that wait or are being answered; what comes beyond is refused.
  ///   - replies: one for each shard.
  package init(
    store: Store, threads count: Int = 2, maximumQueued: Int = 65_536, replies: [Replies]
  ) throws(StoreError) {
    let queue = WorkQueue<Item>(costLimit: maximumQueued)
    self.queue = queue
    self.replies = replies
    var threads: [WorkerThread] = []
    do throws(StoreError) {
      for number in 0..<max(1, count) {
        threads.append(
          try WorkerThread(name: "weir-reader-\(number)") {
            Self.run(store, queue, replies, sharers: max(1, count))
          })
      }
    } catch {
      queue.close()
      for thread in threads { thread.join() }
      throw error
    }
    self.threads = threads
  }

  deinit { queue.close() }

  /// Asks a question; from any thread, without blocking. The reply comes through the shard's `Replies`.
  package func read(_ question: StoreRead, shard: Int, token: UInt64) {
    precondition(replies.indices.contains(shard), "there is no shard \(shard)")
    let refusal =
      switch queue.put(Item(question: question, shard: shard, token: token), cost: 1) {
      case nil: nil as String?
      case .full: "The disk does not keep up. Try again in a moment."
      case .closed: "The server is shutting down. Try again when it is back."
      }
    if let refusal { replies[shard]([StoreReadReply(token: token, result: .failed(refusal))]) }
  }

  /// Questions that wait or are being answered, now.
  package var outstanding: Int { queue.outstandingCost }

  /// Answers what has been asked, refuses what still comes, and waits for the threads to end. May be called again. Not
  /// from a reply.
  package func shutdown() {
    queue.close()
    for thread in threads { thread.join() }
  }

  private static func run(_ store: Store, _ queue: WorkQueue<Item>, _ replies: [Replies], sharers: Int) {
    while let items = queue.take(atMost: maximumTaken, sharers: sharers) {
      // Another thread was quicker.
      if items.isEmpty { continue }
      var byShard = [[StoreReadReply]](repeating: [], count: replies.count)
      do throws(StoreError) {
        let answering = try Answering(store)
        for item in items {
          byShard[item.shard].append(StoreReadReply(token: item.token, result: answering.answer(item.question)))
        }
      } catch {
        for item in items {
          byShard[item.shard].append(StoreReadReply(token: item.token, result: .failed(error.message)))
        }
      }
      queue.release(cost: items.count)
      for (shard, answers) in byShard.enumerated() where !answers.isEmpty { replies[shard](answers) }
    }
  }
}

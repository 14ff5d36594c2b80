// One question, answered at once.

package import WeirCore

extension Store {
  /// Answers a question, on the caller's thread. Blocks on the disk: for the reader's threads, tools and tests.
  package func answer(_ question: StoreRead) -> StoreReadResult {
    do throws(StoreError) {
      return try Answering(self).answer(question)
    } catch {
      return .failed(error.message)
    }
  }
}

import WeirCore
import WeirStore

extension Backend {
  /// Why a user was not erased, in a sentence.
  struct NotErased: Error, CustomStringConvertible {
    let description: String
  }

  /// How a user is erased while all others are served.
  var erasure: UserErasure {
    UserErasure(
      begin: { user in
        let result = await self.owner(of: user).erase(user)
        if case .failed(let sentence) = result { throw NotErased(description: sentence) }
      },
      end: { user in await self.owner(of: user).admitAgain(user) })
  }

  /// Deletes conversations that are kept no longer, each where its owner is at home; returns when that is durable.
  func expire(_ conversations: [ExpiredConversation]) async {
    let byShard = Dictionary(grouping: conversations) { owner(of: $0.user).index }
    for shard in shards { await shard.expire(byShard[shard.index] ?? []) }
  }
}

/// Finds the turn of a call without hashing. A call's id holds its slot, its shard, because ids are unique in the process,
/// and how often the slot has been used, so that a late event of an earlier call finds nothing.
struct CallTable {
  private struct Slot {
    var uses: UInt32 = 0
    var turn: Turn?
  }

  /// Of an id: 22 bits for the slot, 10 for the shard, 32 for the uses.
  private static let slotBits = 22
  private static let shardBits = 10

  private let shard: Int
  private var slots: [Slot] = []
  private var free: [Int] = []

  init(shard: Int) {
    precondition(shard < 1 << Self.shardBits, "a process has at most 1024 shards")
    self.shard = shard
  }

  /// Gives the turn a call id.
  mutating func add(_ turn: Turn) -> CallID {
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
    } else {
      slot = slots.count
      precondition(slot < 1 << Self.slotBits, "the dispatcher refuses calls long before there are four million")
      slots.append(Slot())
    }
    slots[slot].uses &+= 1
    slots[slot].turn = turn
    return UInt64(slots[slot].uses) << 32 | UInt64(shard) << UInt64(Self.slotBits) | UInt64(slot)
  }

  /// The turn of a call that has not ended.
  subscript(call: CallID) -> Turn? {
    guard let slot = slot(of: call) else { return nil }
    return slots[slot].turn
  }

  mutating func remove(_ call: CallID) {
    guard let slot = slot(of: call), slots[slot].turn != nil else { return }
    slots[slot].turn = nil
    free.append(slot)
  }

  private func slot(of call: CallID) -> Int? {
    let slot = Int(truncatingIfNeeded: call) & (1 << Self.slotBits - 1)
    let owner = Int(truncatingIfNeeded: call >> UInt64(Self.slotBits)) & (1 << Self.shardBits - 1)
    guard owner == shard, slot < slots.count, slots[slot].uses == UInt32(truncatingIfNeeded: call >> 32) else {
      return nil
    }
    return slot
  }

  /// All turns that have a call.
  var turns: [Turn] { slots.compactMap(\.turn) }
}

/// Finds the turn of a call without hashing: a call's id holds its slot and, so that a late event of an earlier call
/// finds nothing, how often the slot has been used.
struct CallTable {
  private struct Slot {
    var uses: UInt32 = 0
    var turn: Turn?
  }

  private var slots: [Slot] = []
  private var free: [Int] = []

  /// Gives the turn a call id.
  mutating func add(_ turn: Turn) -> CallID {
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
    } else {
      slot = slots.count
      slots.append(Slot())
    }
    slots[slot].uses &+= 1
    slots[slot].turn = turn
    return UInt64(slots[slot].uses) << 32 | UInt64(slot)
  }

  /// The turn of a call that has not ended.
  subscript(call: CallID) -> Turn? {
    let slot = Int(truncatingIfNeeded: call & 0xFFFF_FFFF)
    guard slot < slots.count, slots[slot].uses == UInt32(truncatingIfNeeded: call >> 32) else { return nil }
    return slots[slot].turn
  }

  mutating func remove(_ call: CallID) {
    guard self[call] != nil else { return }
    let slot = Int(truncatingIfNeeded: call & 0xFFFF_FFFF)
    slots[slot].turn = nil
    free.append(slot)
  }

  /// All turns that have a call.
  var turns: [Turn] { slots.compactMap(\.turn) }
}

import WeirCore

/// What goes wrong in a run. Each seed draws a mixture of its own, some with nothing but one kind of fault: bugs hide behind
/// faults that are always there as well as behind those that never are.
struct Faults {
  /// A crash comes after a time drawn from up to this; nil: none.
  var crashEvery: Interval?
  /// An orderly restart.
  var restartEvery: Interval?
  /// Of commits, in a thousand, those that fail; nothing is written after that until a restart.
  var writeError = 0
  /// Of commits, in a thousand, those that take long.
  var slowSync = 0
  /// Of questions to the store, in a thousand, those that fail.
  var readError = 0
  var slowRead = 0
  /// Of connections, in a thousand and each second, those that break.
  var cut = 0
  /// Of those, in a thousand, the ones whose server's end hears nothing of it for a while.
  var halfOpen = 0
  /// Of devices, in a thousand and each second, those that stop reading for a while.
  var slowReader = 0
  /// Of calls, in a thousand, those that a provider fails in one way or another.
  var providerFault = 0
  /// Whole endpoints fail for a while.
  var hasOutages = false
  /// The clock on the wall is set now and then.
  var jumps = false
  /// In bytes; nil: so much that it never matters.
  var memoryLimit: Int?
  var hasBudgets = false
  var hasCache = false
  /// Turn ids of different users are the same.
  var idsMeet = false
  /// Of actions, in a thousand, those that delete a conversation.
  var deletes = 0
  /// Everything about a person is erased, and they begin anew. Only where turn ids of different users may be the same: the
  /// ids of who begins anew begin at one.
  var eraseEvery: Interval?

  init(_ dice: inout Dice) {
    func some(_ dice: inout Dice, _ most: Int) -> Int { dice.half() ? 1 + dice.roll(most) : 0 }
    if dice.half() { crashEvery = .seconds(UInt64(2 + dice.roll(15))) }
    if dice.roll(3) == 0 { restartEvery = .seconds(UInt64(3 + dice.roll(15))) }
    writeError = dice.roll(4) == 0 ? 1 + dice.roll(20) : 0
    slowSync = some(&dice, 200)
    readError = dice.roll(4) == 0 ? 1 + dice.roll(60) : 0
    slowRead = some(&dice, 300)
    cut = some(&dice, 300)
    halfOpen = some(&dice, 600)
    slowReader = some(&dice, 300)
    providerFault = some(&dice, 500)
    hasOutages = dice.half()
    jumps = dice.roll(5) == 0
    memoryLimit = dice.roll(4) == 0 ? 3_000 + dice.roll(20_000) : nil
    hasBudgets = dice.half()
    hasCache = dice.half()
    idsMeet = dice.half()
    deletes = some(&dice, 80)
    if idsMeet, dice.half() { eraseEvery = .seconds(UInt64(1 + dice.roll(8))) }
  }

  /// Nothing goes wrong any more. What users may and what fits in memory stays.
  mutating func cease() {
    crashEvery = nil
    restartEvery = nil
    eraseEvery = nil
    writeError = 0
    slowSync = 0
    readError = 0
    slowRead = 0
    cut = 0
    slowReader = 0
    providerFault = 0
    hasOutages = false
    jumps = false
  }
}

import WeirCore

/// All chance of a run, from one seed. Plain arithmetic: it is asked many times in a debug build.
struct Dice {
  private var source: SplitMix64

  init(seed: UInt64) {
    source = SplitMix64(seed: seed)
  }

  mutating func bits() -> UInt64 { source.next() }

  /// 0 up to `count`, without it.
  mutating func roll(_ count: Int) -> Int { Int(source.next() % UInt64(max(1, count))) }

  /// True so many times in a thousand.
  mutating func perMille(_ share: Int) -> Bool { share > 0 && roll(1000) < share }

  mutating func half() -> Bool { source.next() & 1 == 0 }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[roll(choices.count)] }

  /// A time between two, in microseconds.
  mutating func micros(_ least: UInt64, _ most: UInt64) -> Interval {
    Interval(nanoseconds: (least + source.next() % (most - least + 1)) * 1000)
  }

  /// A time between two, in milliseconds, to the microsecond.
  mutating func millis(_ least: UInt64, _ most: UInt64) -> Interval {
    micros(least * 1000, most * 1000)
  }
}

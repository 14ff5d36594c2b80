/// An input taken apart: first what chooses how to run, then the bytes to run.
package struct FuzzInput {
  private var rest: UnsafeRawBufferPointer

  package init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

  /// The next byte; 0 behind the end.
  package mutating func byte() -> UInt8 {
    guard let first = rest.first else { return 0 }
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
    return first
  }

  /// The next byte as one of `count` choices.
  package mutating func choice(_ count: Int) -> Int { Int(byte()) % count }

  /// The next bytes as a number; zeros behind the end.
  package mutating func number() -> UInt64 { (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte()) } }

  /// A byte for the length, and so many bytes, if there are.
  package mutating func chunk() -> [UInt8] {
    let count = min(Int(byte()), rest.count)
    defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
    return Array(rest.prefix(count))
  }

  package var isEmpty: Bool { rest.isEmpty }

  /// All that has not been taken.
  package var bytes: [UInt8] { Array(rest) }
}

extension Collection<UInt8> {
  /// The same in pieces, as a network may cut them. `seed` chooses the places: 0 cuts behind every byte.
  package func pieces(_ seed: UInt8) -> [SubSequence] {
    var pieces: [SubSequence] = []
    var rest = self[...]
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    while !rest.isEmpty {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let length = seed == 0 ? 1 : 1 + Int(state >> 33) % Int(seed)
      pieces.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return pieces
  }
}

import Testing

@testable import WeirServer

@Suite("System random numbers in portions") struct BufferedSystemRandomTests {
  @Test("no number comes twice, over many portions and in two generators at once") func distinct() {
    var one = BufferedSystemRandom()
    var other = BufferedSystemRandom()
    let numbers = (0..<1000).flatMap { _ in [one.next(), other.next()] }
    // Among 2,000 numbers of 64 bits two equal ones happen once in ten million million runs.
    #expect(Set(numbers).count == 2000)
    // All bits are used.
    #expect(numbers.reduce(0, |) == .max)
    #expect(numbers.reduce(.max, &) == 0)
  }
}

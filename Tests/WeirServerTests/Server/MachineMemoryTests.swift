import Testing

@testable import WeirServer

@Suite("The machine's memory")
struct MachineMemoryTests {
  @Test("what a control group says is its number; a word, nothing or nonsense is no limit")
  func number() {
    #expect(MachineMemory.number(Array("536870912\n".utf8)) == 536_870_912)
    for text in ["max\n", "", "\n", "-1", "0", "12x"] {
      #expect(MachineMemory.number(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test("the share is a quarter, and never too little to work with")
  func share() {
    #expect(MachineMemory.share(of: 8 << 30) == 2 << 30)
    #expect(MachineMemory.share(of: 100 << 20) == 64 << 20)
    #expect(MachineMemory.bytes > 64 << 20)
  }

  @Test("a configured limit counts; without one the share does; one that nothing fits in is refused")
  func configured() {
    var configuration = WeirConfiguration()
    #expect(configuration.memory.limit == MachineMemory.share)
    configuration.memory.limitBytes = 5 << 20
    #expect(configuration.memory.limit == 5 << 20)
    configuration.memory.limitBytes = 5
    #expect(configuration.problems().contains { $0.key == "memory.limitBytes" })
  }
}

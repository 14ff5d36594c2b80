import Testing
import WeirCore

@Suite("Consistent hashing") struct RingTests {
  private let users = (0..<100_000).map { "user-\($0)" }

  @Test("100,000 users spread over the nodes within 15 %", arguments: [2, 3, 5, 8, 16])
  func balance(nodes: Int) {
    let ring = HashRing(nodes: 0..<nodes)
    var count = [Int](repeating: 0, count: nodes)
    for user in users { count[ring.owner(of: user)] += 1 }
    let share = Double(users.count) / Double(nodes)
    for held in count { #expect(abs(Double(held) / share - 1) < 0.15) }
  }

  @Test("a new node takes its share and moves nobody between the others", arguments: [1, 2, 7])
  func growth(nodes: Int) {
    let before = HashRing(nodes: 0..<nodes)
    var after = before
    after.add(node: nodes)
    var moved = 0
    for user in users {
      let old = before.owner(of: user)
      let new = after.owner(of: user)
      if old != new {
        moved += 1
        #expect(new == nodes)
      }
    }
    let share = Double(users.count) / Double(nodes + 1)
    #expect(abs(Double(moved) / share - 1) < 0.15)
    after.remove(node: nodes)
    #expect(after == before)
  }

  @Test("the hash is the same in every version: users must not move with an update") func stable() {
    #expect(StableHash.hash("ann".utf8) == StableHash.hash(Array("ann".utf8)))
    #expect(StableHash.hash("".utf8) == 0xf52a_15e9_a9b5_e89b)
    let ring = HashRing(nodes: 0..<4)
    #expect(["ann", "bob", "eve", "local"].map { ring.owner(of: $0) } == [2, 1, 2, 1])
  }
}

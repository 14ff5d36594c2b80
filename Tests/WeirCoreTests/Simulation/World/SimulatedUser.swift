import WeirCore
import WeirWire

/// Who uses the server. Each user's texts hold one capital letter, and nobody else's: what meets another's eyes is seen.
/// Who is erased begins anew with another letter: what comes back of the former texts is seen as well.
struct SimulatedUser {
  /// All copies of a user share it.
  private final class Life { var number = 0 }

  let number: Int
  let name: UserID
  private let life = Life()
  var access = Access()

  /// Some names are easily taken for one another: the same characters in other bytes, one the beginning of the next.
  static let names = ["ann", "ann ", "\u{E9}", "e\u{301}"]

  static func all(_ dice: inout Dice) -> [SimulatedUser] {
    names.indices.map { number in
      var user = SimulatedUser(number: number, name: names[number])
      user.access.plan = dice.pick(["", "small"])
      user.access.lane = dice.pick(["", "interactive-premium", "batch"])
      user.access.tenant = number == 0 ? "" : "y"
      return user
    }
  }

  var letter: UInt8 { UInt8(ascii: "A") + UInt8((life.number * Self.names.count + number) % 26) }

  /// All that was written so far is a stranger's from now on.
  func beginAnew() { life.number += 1 }

  /// Swift's strings compare by what a reader sees; names of users do not.
  static func number(of name: UserID) -> Int? {
    names.firstIndex { $0.utf8.elementsEqual(name.utf8) }
  }

  /// What stands in answers to questions that all users ask in the same words: who shares them has the same tenant.
  static func mark(ofTenant tenant: String) -> UInt8 {
    tenant.isEmpty ? UInt8(ascii: "~") : UInt8(ascii: "^")
  }

  /// Whether the text holds no other user's capital, and no other tenant's mark.
  func owns(_ bytes: some Sequence<UInt8>) -> Bool {
    let foreign = Self.mark(ofTenant: access.tenant.isEmpty ? "y" : "")
    for byte in bytes where (byte >= 0x41 && byte <= 0x5A && byte != letter) || byte == foreign {
      return false
    }
    return true
  }

  func owns(_ message: Message) -> Bool {
    message.parts.allSatisfy { part in
      switch part.part {
      case .text(let text): owns(text.utf8)
      case .reasoning(let reasoning): owns(reasoning.text.utf8)
      case .toolCall(let call): owns(call.arguments.utf8)
      case .toolResult(let result): owns(result.text.utf8)
      case nil: true
      }
    }
  }
}

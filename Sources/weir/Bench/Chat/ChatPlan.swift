/// What each device of a chat measurement asks for.
struct ChatPlan {
  /// What the first device does differently.
  struct Special {
    /// Tokens a second of its answer.
    var rate: Double
    var tokens: Int
    /// It reads no more than this, if it reads slowly.
    var bytesPerSecond: Int?
  }

  var devices: Int
  /// Tokens a second of each answer; 0: as fast as they are taken.
  var rate: Double
  /// Of each answer.
  var tokens: Int
  /// Between the first device's message and the last one's.
  var rampSeconds: Double
  /// The longest time to measure.
  var seconds: Double
  /// Sent instead of directives: the answers are a real model's, and how long they are is not known.
  var prompt: String?
  /// How the devices ask, and how answers come to them.
  var speech = ChatSpeech.weir
  /// The first device, when it is not like the others; then it is not counted.
  var special: Special?

  func message(_ index: Int) -> String {
    if let prompt { return prompt }
    let rate = isSpecial(index) ? special?.rate ?? rate : rate
    return "[[tokens=\(tokens(index)) rate=\(JSONLine.decimal(rate, digits: 3)) delay=0ms]] Tell me about rivers."
  }

  /// How many tokens device `index` asks for.
  func tokens(_ index: Int) -> Int { isSpecial(index) ? special?.tokens ?? tokens : tokens }

  func isSpecial(_ index: Int) -> Bool { index == 0 && special != nil }

  /// Devices that are counted.
  var counted: Int { special == nil ? devices : devices - 1 }

  /// When to give up, in seconds from the first message; nil: when something must have gone wrong.
  var limit: Double?

  var limitSeconds: Double {
    let answer = rate > 0 && prompt == nil ? Double(tokens) / rate : 120
    return limit ?? rampSeconds + 1.5 * answer + 30
  }
}

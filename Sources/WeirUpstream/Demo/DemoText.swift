internal import WeirCore

/// The demo model's answer to a question, token by token: it says what it is, repeats the question, and fills up with
/// words that the seed chooses. The same question brings the same text, so an answer that was cut goes on where it
/// stopped, and joins into the text that an uncut one would have been.
struct DemoText: Sendable {
  private static let longestEcho = 160
  private static let longestToken = 24
  private static let words =
    """
    water river weir flow gate stone bank stream level pool reed bridge mill lock ferry bend delta spring source rain \
    runs turns falls rises waits passes gathers divides settles carries slows clears under over beside between along \
    calm steady deep clear narrow broad quiet early late always often never slowly and then while until where so
    """.split(separator: " ").map { Array($0.utf8) }

  private var opening: [UInt8] = []
  private var openingEnd = 0
  private var made = 0
  private var remaining: Int
  private var state: UInt64
  private var wordsInSentence = 0
  private let fills: Bool
  /// A token of which a continued answer has the first `skip` bytes already; none if that is 0.
  private var pending: [UInt8] = []
  private var skip = 0

  /// `tokens` nil: the opening only. `result` is what a tool gave, and is repeated in place of the question. `sofar` is
  /// the beginning of the answer, if there is one.
  init(question: String, result: String? = nil, sofar: String, tokens: Int?, seed: UInt64) {
    fills = tokens != nil
    remaining = min(tokens ?? .max, DemoConfiguration.maximumTokens)
    state = StableHash.hash(question.utf8, seed: seed)
    opening = Array((result.map { Self.opening(result: $0) } ?? Self.opening(question)).utf8)
    if !sofar.isEmpty { resume(Array(sofar.utf8), seed: seed) }
  }

  /// Words that the question chooses, without an opening.
  init(wordsOnly question: String, tokens: Int, seed: UInt64) {
    fills = true
    remaining = min(tokens, DemoConfiguration.maximumTokens)
    state = StableHash.hash(question.utf8, seed: seed)
  }

  private static func opening(result: String) -> String {
    "This is Weir's built-in demo model, not a language model. The tool said: “\(echo(result))”"
  }

  private static func opening(_ question: String) -> String {
    let echo = echo(question)
    let beginning = "This is Weir's built-in demo model, not a language model."
    let advice = "Start the server with --upstream and --model to talk to a real one."
    return echo.isEmpty ? "\(beginning) \(advice)" : "\(beginning) You wrote: “\(echo)” \(advice)"
  }

  /// The beginning of a text, on one line.
  private static func echo(_ question: String) -> String {
    var echo = ""
    var count = 0
    var isGap = false
    for scalar in question.unicodeScalars {
      if scalar.value <= 0x20 || (scalar.value > 0x7F && scalar.properties.isWhitespace) {
        isGap = count > 0
        continue
      }
      if isGap {
        echo += " "
        count += 1
        isGap = false
      }
      if count >= longestEcho {
        echo += "…"
        break
      }
      echo.unicodeScalars.append(scalar)
      count += 1
    }
    return echo
  }

  /// Walks over what the answer has already. Another model's text is no beginning of this one: then words follow it.
  private mutating func resume(_ sofar: [UInt8], seed: UInt64) {
    let fresh = self
    var token: [UInt8] = []
    var taken = 0
    while taken < sofar.count, make(&token) {
      let common = min(token.count, sofar.count - taken)
      guard token[..<common].elementsEqual(sofar[taken..<taken + common]) else {
        self = fresh
        openingEnd = opening.count
        made = 1
        state = StableHash.hash(sofar, seed: seed)
        return
      }
      taken += common
      if common < token.count {
        skip = common
        pending = token
      }
      token.removeAll(keepingCapacity: true)
    }
  }

  /// Adds the next token to `text`; false: the answer has ended.
  mutating func next(_ text: inout [UInt8]) -> Bool {
    if skip > 0 {
      text.append(contentsOf: pending[skip...])
      skip = 0
      pending = []
      return true
    }
    return make(&text)
  }

  private mutating func make(_ text: inout [UInt8]) -> Bool {
    if remaining == 0 { return false }
    if openingEnd < opening.count {
      let start = openingEnd
      var end = start + 1
      while end < opening.count, end - start < Self.longestToken, opening[end] != UInt8(ascii: " ") { end += 1 }
      openingEnd = UTF8Cut.end(in: opening, from: start, limit: end)
      text.append(contentsOf: opening[start..<openingEnd])
    } else if fills {
      appendWord(&text)
    } else {
      return false
    }
    remaining -= 1
    made += 1
    return true
  }

  private mutating func appendWord(_ text: inout [UInt8]) {
    state &+= 0x9e37_79b9_7f4a_7c15
    let draw = StableHash.mix(state)
    let word = Self.words[Int(draw % UInt64(Self.words.count))]
    if made > 0 { text.append(UInt8(ascii: " ")) }
    if wordsInSentence == 0, let first = word.first {
      text.append(first - 0x20)
      text.append(contentsOf: word.dropFirst())
    } else {
      text.append(contentsOf: word)
    }
    wordsInSentence += 1
    if wordsInSentence >= 6, draw >> 32 & 3 == 0 || wordsInSentence == 14 || remaining == 1 {
      text.append(UInt8(ascii: "."))
      wordsInSentence = 0
    }
  }
}

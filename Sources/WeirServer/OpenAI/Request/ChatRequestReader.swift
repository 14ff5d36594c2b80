import WeirCore

/// Reads the body of a chat completion request. Field by field, in the order in which they come; of a field that comes
/// twice the last counts, as everywhere in this API's world.
struct ChatRequestReader {
  var scanner: JSONScanner
  let limits: ChatRequestLimits
  /// `max_completion_tokens` beats the older `max_tokens`, whichever comes first.
  private var olderMaximum: Int?

  init(_ scanner: JSONScanner, limits: ChatRequestLimits) {
    self.scanner = scanner
    self.limits = limits
  }

  mutating func read(into request: inout ChatCompletionRequest) throws(InvalidRequest) {
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        try readField(key, into: &request)
      } catch {
        throw error.inside(key)
      }
    }
    try scanner.end()
    if request.call.messages.isEmpty {
      throw InvalidRequest("A conversation has at least one message; send it.", param: "messages")
    }
    if request.call.parameters.maximumTokens == nil { request.call.parameters.maximumTokens = olderMaximum }
    if request.call.parameters.toolsJSON.isEmpty, !request.call.parameters.toolChoiceJSON.isEmpty {
      throw InvalidRequest("A tool can be chosen only where tools are offered; send tools too.", param: "tool_choice")
    }
    if request.includesUsage, !request.streams {
      throw InvalidRequest("Options of a stream need stream to be true; set it.", param: "stream_options")
    }
  }

  private mutating func readField(
    _ key: String, into request: inout ChatCompletionRequest
  ) throws(InvalidRequest) {
    if key == "messages" { return request.call.messages = try messages() }
    // null is as good as nothing, for every other field.
    if try scanner.takeNull() { return }
    switch key {
    case "model": request.call.model = try string(upTo: limits.modelBytes)
    case "stream": request.streams = try scanner.bool()
    case "stream_options": request.includesUsage = try includesUsage()
    default: try readParameter(key, into: &request.call.parameters)
    }
  }

  private mutating func readParameter(
    _ key: String, into parameters: inout CallParameters
  ) throws(InvalidRequest) {
    switch key {
    case "temperature": parameters.temperature = try scanner.number(in: 0...2)
    case "top_p": parameters.topP = try scanner.number(in: 0...1)
    case "max_completion_tokens": parameters.maximumTokens = try scanner.integer(in: 1...Int(Int32.max))
    case "max_tokens": olderMaximum = try scanner.integer(in: 1...Int(Int32.max))
    case "seed": parameters.seed = try scanner.integer(in: Int.min...Int.max)
    case "stop": parameters.stop = try stop()
    case "tools": parameters.toolsJSON = try tools()
    case "tool_choice": parameters.toolChoiceJSON = try toolChoice()
    case "response_format": parameters.responseFormatJSON = try responseFormat()
    default: try refuseOrSkip(key)
    }
  }

  /// What would change the answer and cannot be had is refused; everything else that is not known is let through.
  private mutating func refuseOrSkip(_ key: String) throws(InvalidRequest) {
    switch key {
    case "n":
      _ = try scanner.integer(in: 1...1)
    case "logprobs":
      if try scanner.bool() { throw InvalidRequest("Log probabilities cannot be had here; leave logprobs out.") }
    case "functions", "function_call":
      throw InvalidRequest("Functions in this form are not taken; offer them as tools.")
    case "audio":
      throw InvalidRequest("Answers are text here; leave audio out.")
    default:
      try scanner.skipValue()
    }
  }

  private mutating func includesUsage() throws(InvalidRequest) -> Bool {
    var (isFirst, wanted) = (true, false)
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        if key == "include_usage", try !scanner.takeNull() {
          wanted = try scanner.bool()
        } else if key != "include_usage" {
          try scanner.skipValue()
        }
      } catch {
        throw error.inside(key)
      }
    }
    return wanted
  }

  private mutating func stop() throws(InvalidRequest) -> [String] {
    if try scanner.kind() == .string { return [try string(upTo: limits.stopBytes)] }
    return try list("stop sequences", upTo: limits.stops) { reader throws(InvalidRequest) in
      try reader.string(upTo: reader.limits.stopBytes)
    }
  }

  // MARK: Helpers

  /// Takes a string of at most so many bytes.
  mutating func string(upTo limit: Int) throws(InvalidRequest) -> String {
    let text = try scanner.string()
    if text.utf8.count > limit { throw InvalidRequest("This is longer than \(limit) bytes; shorten it.") }
    return text
  }

  /// Takes an array of at most so many elements.
  mutating func list<Element>(
    _ name: String, upTo limit: Int, _ element: (inout Self) throws(InvalidRequest) -> Element
  ) throws(InvalidRequest) -> [Element] {
    var elements: [Element] = []
    var isFirst = true
    try scanner.beginArray()
    while try scanner.nextElement(&isFirst) {
      guard elements.count < limit else { throw InvalidRequest("There are more than \(limit) \(name); send fewer.") }
      do throws(InvalidRequest) {
        elements.append(try element(&self))
      } catch {
        throw error.inside("[\(elements.count)]")
      }
    }
    return elements
  }
}

extension ChatRequestReader {
  /// The tools offered: their JSON as it came, once it is seen to be what a provider takes. Empty: none.
  mutating func tools() throws(InvalidRequest) -> String {
    let start = try scanner.start()
    let names = try list("tools", upTo: limits.tools) { reader throws(InvalidRequest) in try reader.tool() }
    return names.isEmpty ? "" : try scanner.text(from: start)
  }

  private mutating func tool() throws(InvalidRequest) -> String {
    var name: String?
    var hasType = false
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        switch key {
        case "type":
          try functionType()
          hasType = true
        case "function": name = try functionName()
        default: try scanner.skipValue()
        }
      } catch {
        throw error.inside(key)
      }
    }
    if !hasType { throw InvalidRequest("A tool has a type; send \"function\".", param: "type") }
    guard let name else { throw InvalidRequest("A tool describes its function; send it.", param: "function") }
    return name
  }

  private mutating func functionName() throws(InvalidRequest) -> String {
    var name: String?
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        if key == "name" { name = try scanner.string() } else { try scanner.skipValue() }
      } catch {
        throw error.inside(key)
      }
    }
    guard let name, (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
      throw InvalidRequest("A function's name has 1 to 64 letters, digits, _ and -; correct it.", param: "name")
    }
    return name
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// Which tool must be called: its JSON as it came.
  mutating func toolChoice() throws(InvalidRequest) -> String {
    let start = try scanner.start()
    switch try scanner.kind() {
    case .string:
      guard ["none", "auto", "required"].contains(try scanner.string()) else {
        throw InvalidRequest("This must be none, auto, required, or an object that names a function.")
      }
    case .object: _ = try tool()
    case let kind: throw InvalidRequest("This must be a string or an object, not \(kind.name).")
    }
    return try scanner.text(from: start)
  }

  /// The form the answer must have: its JSON as it came. Empty: text.
  mutating func responseFormat() throws(InvalidRequest) -> String {
    let start = try scanner.start()
    var type: String?
    var hasSchema = false
    var isFirst = true
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        switch key {
        case "type": type = try scanner.string()
        case "json_schema": hasSchema = try hasObject("schema")
        default: try scanner.skipValue()
        }
      } catch {
        throw error.inside(key)
      }
    }
    switch type {
    case "text": return ""
    case "json_object": return try scanner.text(from: start)
    case "json_schema":
      if !hasSchema { throw InvalidRequest("A form of JSON has a schema; send it.", param: "json_schema.schema") }
      return try scanner.text(from: start)
    default: throw InvalidRequest("The types here are text, json_object and json_schema; use one.", param: "type")
    }
  }

  /// Takes a value: whether it is an object with an object under `name`.
  private mutating func hasObject(_ name: String) throws(InvalidRequest) -> Bool {
    guard try scanner.kind() == .object else {
      try scanner.skipValue()
      return false
    }
    var (isFirst, found) = (true, false)
    try scanner.beginObject()
    while let key = try scanner.nextKey(&isFirst) {
      do throws(InvalidRequest) {
        if key == name, try scanner.kind() == .object { found = true }
        try scanner.skipValue()
      } catch {
        throw error.inside(key)
      }
    }
    return found
  }
}

extension LoadedConfiguration {
  /// The effective settings as a YAML file that loads as the same configuration, with each setting's meaning and where
  /// its value came from. Secrets are not in it.
  public var yaml: String {
    var text = "# weir configuration. A flag beats a variable, a variable beats this file.\n"
    var section = ""
    for setting in Settings.all {
      let parts = setting.key.split(separator: ".", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      if parts[0] != section {
        section = parts[0]
        text += "\n\(section):\n"
      }
      text += "  # \(setting.help)\n"
      let origin = origins[setting.key].map { "  # from \($0)" } ?? ""
      let values = setting.show(configuration)
      if setting.isSecret {
        text += values == [""] ? "  # \(parts[1]): (not set)\n" : "  # \(parts[1]): \(Secret.placeholder)\(origin)\n"
      } else if setting.shape == .list {
        text += "  \(parts[1]): [\(values.map(quoted).joined(separator: ", "))]\(origin)\n"
      } else {
        text += "  \(parts[1]): \(scalar(values.first ?? ""))\(origin)\n"
      }
    }
    return text
  }

  /// Plain where YAML reads the plain text as itself.
  private func scalar(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    return isPlain && !text.isEmpty && text != "null" ? text : quoted(text)
  }

  /// A double-quoted YAML scalar (YAML 1.2 §7.3.1).
  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let hex = String(scalar.value, radix: 16)
          result += "\\x" + (hex.count == 1 ? "0" : "") + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

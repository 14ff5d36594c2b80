/// Turns the bytes of a terminal into keys: UTF-8, the sequences of xterm and its kin, and bracketed paste. What it does
/// not know it leaves out, whole, so that no rest of a sequence is taken for text.
struct KeyDecoder {
  /// Bytes of one paste that are kept; more are left out.
  static let maximumPasteBytes = 1024 * 1024
  /// Bytes of one sequence that may come before its end; then it is none.
  private static let maximumSequenceBytes = 64

  private enum State {
    case ground
    case utf8(needed: Int)
    case escape
    /// Behind `ESC [` or `ESC O`.
    case sequence
    case paste
  }

  private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)

  private var state: State = .ground
  private var bytes: [UInt8] = []
  /// Whether the paste was longer than is kept.
  private var isPasteFull = false

  /// Whether Escape has come and may be the beginning of more. `flush` says that it is not.
  var isAmbiguous: Bool { if case .escape = state { true } else { false } }

  /// Takes the next byte, and returns the key that it completes.
  mutating func take(_ byte: UInt8) -> Key? {
    switch state {
    case .ground: return ground(byte)
    case .utf8(let needed):
      guard byte & 0xC0 == 0x80 else {
        bytes = []
        return ground(byte)
      }
      bytes.append(byte)
      if bytes.count < needed {
        state = .utf8(needed: needed)
        return nil
      }
      state = .ground
      defer { bytes = [] }
      return .text(String(decoding: bytes, as: UTF8.self))
    case .escape: return escape(byte)
    case .sequence: return sequence(byte)
    case .paste: return paste(byte)
    }
  }

  /// Nothing has come behind an Escape for some time: it was the key.
  mutating func flush() -> Key? {
    guard isAmbiguous else { return nil }
    state = .ground
    return .escape
  }

  private mutating func ground(_ byte: UInt8) -> Key? {
    state = .ground
    switch byte {
    case 0x1B:
      state = .escape
      return nil
    // Programs that type into a terminal send a line feed; keyboards a carriage return.
    case 0x0D, 0x0A: return .enter
    case 0x09: return .tab
    case 0x7F, 0x08: return .backspace
    case 0x1F: return .control("_")
    case 0x01...0x1A: return .control(Character(Unicode.Scalar(byte + 0x60)))
    case 0x00...0x1F: return nil
    case 0x20..<0x7F: return .text(String(Unicode.Scalar(byte)))
    case 0xC2...0xF4:
      bytes = [byte]
      state = .utf8(needed: byte < 0xE0 ? 2 : (byte < 0xF0 ? 3 : 4))
      return nil
    default: return nil
    }
  }

  private mutating func escape(_ byte: UInt8) -> Key? {
    state = .ground
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "O"):
      bytes = [byte]
      state = .sequence
      return nil
    case 0x1B:
      state = .escape
      return .escape
    case 0x0D, 0x0A: return .newLine
    case 0x7F, 0x08: return .deleteWordLeft
    case 0x20..<0x7F: return .alt(Character(Unicode.Scalar(byte)))
    default: return ground(byte)
    }
  }

  /// ECMA-48 section 5.4: parameters, then one final byte.
  private mutating func sequence(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x1B:
      state = .escape
      return nil
    case 0x20..<0x40 where bytes.count < Self.maximumSequenceBytes:
      bytes.append(byte)
      return nil
    default: break
    }
    state = .ground
    defer { if case .paste = state {} else { bytes = [] } }
    guard (0x40..<0x7F).contains(byte) else { return nil }
    let parameters = String(decoding: bytes.dropFirst(), as: UTF8.self)
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 1 }
    // Shift counts 1, Alt 2, Ctrl 4, from 1 on.
    let modifiers = numbers.count > 1 ? max(numbers[1] - 1, 0) : 0
    let isWord = modifiers & 0b110 != 0
    switch Character(Unicode.Scalar(byte)) {
    case "A": return .up
    case "B": return .down
    case "C": return isWord ? .wordRight : .right
    case "D": return isWord ? .wordLeft : .left
    case "F": return .end
    case "H": return .home
    case "M" where bytes.first == UInt8(ascii: "O"): return .enter
    case "~": return tilde(numbers.first ?? 0)
    default: return nil
    }
  }

  private mutating func tilde(_ number: Int) -> Key? {
    switch number {
    case 1, 7: return .home
    case 3: return .delete
    case 4, 8: return .end
    case 200:
      state = .paste
      bytes = []
      isPasteFull = false
      return nil
    default: return nil
    }
  }

  private mutating func paste(_ byte: UInt8) -> Key? {
    bytes.append(byte)
    if byte == UInt8(ascii: "~"), bytes.suffix(Self.pasteEnd.count) == Self.pasteEnd[...] {
      state = .ground
      bytes.removeLast(Self.pasteEnd.count)
      defer { bytes = [] }
      return .paste(Self.pasted(bytes.prefix(Self.maximumPasteBytes)))
    }
    // Beyond the bound only what may be the end is kept.
    if bytes.count > Self.maximumPasteBytes + 4_096 {
      bytes.removeSubrange(Self.maximumPasteBytes..<(bytes.count - Self.pasteEnd.count))
    }
    return nil
  }

  /// Terminals send a carriage return for the end of a pasted line.
  private static func pasted(_ bytes: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var previous: UInt8 = 0
    for byte in bytes {
      switch byte {
      case 0x0D: result.append(0x0A)
      case 0x0A: if previous != 0x0D { result.append(0x0A) }
      case 0x09, 0x20...0x7E, 0x80...0xFF: result.append(byte)
      default: break
      }
      previous = byte
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// The six opcodes that RFC 6455 §5.2 defines; every other value fails the connection.
enum Opcode: UInt8 {
  case continuation = 0x0
  case text = 0x1
  case binary = 0x2
  case close = 0x8
  case ping = 0x9
  case pong = 0xA

  /// Close, ping and pong: never fragmented, at most 125 bytes (RFC 6455 §5.5).
  var isControl: Bool { rawValue >= 0x8 }
}

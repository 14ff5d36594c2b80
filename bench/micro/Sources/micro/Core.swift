import NIOCore
import WeirCore
import WeirWire

extension Case {
  /// Where a token goes inside.
  static let core: [Case] = [
    Case(name: "ring-lookup", operation: "the shard of a user among 8") {
      let ring = HashRing(nodes: 0..<8)
      let users: [UserID] = (0..<1024).map { "user-\($0)" }
      return { count in
        for index in 0..<count { keep(ring.owner(of: users[index & 1023])) }
      }
    },
    Case(name: "log-append", operation: "24 bytes to the log of an answer of 1,000 tokens") {
      let token = Array("twenty-four bytes of it.".utf8)
      var log = TokenLog()
      return { count in
        for index in 0..<count {
          if index % 1000 == 0 { log = TokenLog() }
          log.append(token.span)
        }
        keep(log)
      }
    },
    Case(name: "log-read", operation: "24 bytes of it as a Delta's frame, from a cursor") {
      var log = TokenLog()
      for _ in 0..<1000 { log.append(Array("twenty-four bytes of it.".utf8).span) }
      var out = ByteBuffer()
      return { count in
        for index in 0..<count {
          out.clear()
          let offset = index % 1000 * 24
          let end = min(log.part(at: offset).end, offset + 24)
          log.bytes.withUnsafeBytes { bytes in
            DeltaFrame.encode(
              turnID: 12, offset: UInt64(offset), text: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]),
              into: &out)
          }
        }
        keep(out)
      }
    },
  ]
}

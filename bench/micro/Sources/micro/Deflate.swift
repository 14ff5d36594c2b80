import NIOCore

@testable import WebSocket

extension Case {
  /// permessage-deflate as the connection uses it.
  static let deflate: [Case] = [
    Case(name: "deflate-1k", operation: "compress 1 KiB of chat JSON, no context kept") { compress(takeover: false) },
    Case(name: "deflate-1k-takeover", operation: "compress 1 KiB of chat JSON, the context kept") {
      compress(takeover: true)
    },
    Case(name: "inflate-1k", operation: "inflate it again, no context kept") {
      let (agreed, pool) = (parameters(takeover: false), DeflatePool())
      let deflation = MessageDeflation(agreed, DeflateConfiguration(), role: .server, pool: pool)
      var packed = ByteBuffer()
      _ = deflation.compress(message, into: &packed)
      // What a server sends is what a client inflates.
      let inflation = MessageInflation(agreed, role: .client, pool: pool)
      var out = ByteBuffer()
      return { count in
        for _ in 0..<count {
          out.clear()
          inflation.begin()
          _ = packed.withUnsafeReadableBytes { inflation.inflate($0, into: &out, limit: MessageLimits()) }
          _ = inflation.finish(into: &out, limit: MessageLimits())
          precondition(out.readableBytes == message.readableBytes, "the message did not come back")
        }
      }
    },
  ]

  private static let message: ByteBuffer = {
    let words = """
      the river of words and a weir in it that holds them for you to take as they come while others wait where water is \
      still then it falls over its edge with no more than the bed below can carry so the town keeps its mills and people \
      who live there sleep well at night
      """.split(separator: " ")
    var text = #"{"conversation":"c-1","role":"assistant","sequence":7,"content":""#
    var state: UInt64 = 7
    while text.utf8.count < 1022 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text += words[Int(state >> 33) % words.count] + " "
    }
    return ByteBuffer(string: text.prefix(1022) + "\"}")
  }()

  private static func parameters(takeover: Bool) -> DeflateParameters {
    DeflateParameters(serverNoContextTakeover: !takeover, clientNoContextTakeover: true)
  }

  private static func compress(takeover: Bool) -> (Int) -> Void {
    let deflation = MessageDeflation(
      parameters(takeover: takeover), DeflateConfiguration(), role: .server, pool: DeflatePool())
    var out = ByteBuffer()
    return { count in
      for _ in 0..<count {
        out.clear()
        precondition(deflation.compress(message, into: &out), "the message did not shrink")
      }
    }
  }
}

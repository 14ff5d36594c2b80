import NIOCore

extension WireJSON {
  /// Whether all of `text` is one JSON array, and nothing but that: such a text can be put into another as it is.
  public static func isArray(_ text: String, limits: WireLimits = WireLimits()) -> Bool {
    let array: Void? = try? JSONReader.read(ByteBuffer(string: text), limits: limits) { (input) throws(WireError) in
      try input.skipArray()
    }
    return array != nil
  }
}

/// How much a decoder makes of bytes it was sent. The size of the bytes themselves is the transport's limit.
public struct WireLimits: Sendable, Hashable {
  /// The most elements that one repeated field may have. An empty sub-message costs two bytes on the wire and a
  /// hundred in memory: without this bound a small frame becomes a big allocation.
  public var maximumRepeated: Int

  /// How deep messages (in JSON: objects and arrays, also those that are skipped) may be nested.
  public var maximumDepth: Int

  /// Limits for frames from anywhere: 10,000 elements, depth 32.
  public init(maximumRepeated: Int = 10_000, maximumDepth: Int = 32) {
    self.maximumRepeated = maximumRepeated
    self.maximumDepth = maximumDepth
  }
}

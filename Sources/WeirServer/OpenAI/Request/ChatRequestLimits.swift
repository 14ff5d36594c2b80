/// What a chat completion request may hold. The body's size is the route's limit: these bound what is made of it.
package struct ChatRequestLimits: Sendable, Equatable {
  /// The body.
  package var bodyBytes = 4 << 20
  package var messages = 4096
  /// Pieces of one message's content.
  package var parts = 1024
  /// Tool calls of one message.
  package var toolCalls = 128
  package var tools = 128
  /// Sequences at which the answer stops, as OpenAI has it.
  package var stops = 4
  package var stopBytes = 256
  package var modelBytes = 256

  package init() {}
}

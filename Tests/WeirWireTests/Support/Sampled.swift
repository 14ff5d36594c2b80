import NIOCore
import SwiftProtobuf
import Testing
import WeirWire

/// A message with random values, and the type that protoc's Swift generator made of the same schema.
protocol Sampled: WireJSONMessage {
  associatedtype Generated: SwiftProtobuf.Message & Equatable
  static func sample(_ random: inout SeededRandom) -> Self
}

extension Sampled {
  /// The message's name in the schema.
  static var fullName: String { Generated.protoMessageName }
}

/// Every message of the schema, as arguments of tests.
struct Schema: Sendable, CustomTestStringConvertible {
  let type: any Sampled.Type

  var testDescription: String { name }
  var name: String { type.fullName }

  static let all: [Schema] = [
    ClientFrame.self, Hello.self, OpenConversation.self, ListConversations.self, RenameConversation.self,
    DeleteConversation.self, GetHistory.self, SendMessage.self, StopTurn.self, ContinueTurn.self, RegenerateTurn.self,
    SubscribeTurn.self, UnsubscribeTurn.self, GrantCredit.self, Ping.self, GetUsage.self, ServerFrame.self,
    Welcome.self,
    ConversationOpened.self, ConversationList.self, ConversationChanged.self, ConversationDeleted.self,
    HistoryPage.self, Ack.self, MessageAdded.self, TurnStarted.self, QueuePosition.self, Delta.self,
    TurnFinished.self, TurnFailed.self, TurnSeam.self, UsageReport.self, Subscribed.self, Pong.self, Goodbye.self,
    WeirError.self, LimitState.self, Part.self, Reasoning.self, ToolCall.self, ToolResult.self,
    Usage.self, WeirWire.Message.self, Conversation.self, TurnStatus.self, WatchServer.self, ServerState.self,
    Durations.self, DurationBucket.self, MemoryState.self, LaneState.self, EndpointState.self, OutcomeCount.self,
    PlanState.self, SlowTurn.self, StateChange.self,
  ].map { Schema(type: $0) }
}

extension WireJSONMessage {
  /// The binary form, with the promise of `encodedSize` checked.
  var binary: [UInt8] {
    var buffer = ByteBuffer()
    encode(into: &buffer)
    #expect(buffer.readableBytes == encodedSize)
    return Array(buffer.readableBytesView)
  }

  /// The JSON form.
  var json: String {
    var buffer = ByteBuffer()
    WireJSON.encode(self, into: &buffer)
    return String(buffer: buffer)
  }

  init(binary: [UInt8]) throws(WireError) { self = try Self.decode(ByteBuffer(bytes: binary)) }

  init(json: String) throws(WireError) { self = try WireJSON.decode(Self.self, from: ByteBuffer(string: json)) }
}

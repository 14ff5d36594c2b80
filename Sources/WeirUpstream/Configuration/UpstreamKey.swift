internal import WeirCore

/// A provider's key: there for the request that needs it, and for no log or message.
package struct UpstreamKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Another in each process, so that a key's number says nothing outside of it.
  private static let seed = UInt64.random(in: 1...UInt64.max)

  package let value: String

  package init(_ value: String) {
    self.value = value
  }

  /// Names the key in place of the secret, as long as the process lives. Never 0.
  var number: UInt64 { max(1, StableHash.hash(value.utf8, seed: Self.seed)) }

  package var description: String { "<redacted>" }
  package var debugDescription: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

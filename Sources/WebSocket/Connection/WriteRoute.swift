/// The rule that keeps bytes in order when there are two ways out: straight to the socket, and through the channel.
///
/// Straight is allowed only while the channel holds nothing of ours: not one write that was handed to it has an open
/// promise. Bytes go to the channel in the order in which they were made, and NIO keeps that order; so whatever is sent
/// straight comes after everything handed over before, and before everything handed over later. No other handler of the
/// channel may write.
struct WriteRoute {
  /// Where the next bytes must go.
  enum Way: Equatable {
    case straight
    case channel
  }

  private let hasSocket: Bool
  private(set) var writesInChannel = 0

  /// `hasSocket` is false where only the channel's handlers can write: TLS.
  init(hasSocket: Bool) { self.hasSocket = hasSocket }

  var next: Way { hasSocket && writesInChannel == 0 ? .straight : .channel }

  /// One write was handed to the channel.
  mutating func handedOver() { writesInChannel += 1 }

  /// The promise of one such write completed, well or not.
  mutating func completed() {
    precondition(writesInChannel > 0, "a write completed that was not handed over")
    writesInChannel -= 1
  }
}

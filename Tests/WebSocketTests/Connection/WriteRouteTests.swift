import Testing

@testable import WebSocket

@Suite struct WriteRouteTests {
  @Test("straight while the channel holds nothing, through the channel until the last write has completed")
  func order() {
    var route = WriteRoute(hasSocket: true)
    #expect(route.next == .straight)
    route.handedOver()
    #expect(route.next == .channel)
    route.handedOver()
    route.completed()
    #expect(route.next == .channel)
    route.completed()
    #expect(route.next == .straight)
  }

  @Test("never straight without a socket")
  func tls() {
    #expect(WriteRoute(hasSocket: false).next == .channel)
  }
}

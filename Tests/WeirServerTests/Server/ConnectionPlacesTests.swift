import NIOCore
import NIOEmbedded
import Testing

@testable import WeirServer

@Suite struct ConnectionPlacesTests {
  private static func close(_ channel: EmbeddedChannel) throws {
    try channel.close().wait()
    channel.embeddedEventLoop.run()
  }

  private static func isOpen(_ places: ConnectionPlaces) -> Bool { places.isOpen {} }

  @Test("a place is taken from when a connection comes until nobody holds it, also if it is never set up")
  func places() throws {
    let places = ConnectionPlaces(2)
    let (first, second) = (EmbeddedChannel(), EmbeddedChannel())
    places.arrived(first)
    #expect(Self.isOpen(places))
    places.arrived(second)
    #expect(!Self.isOpen(places))
    var held = places.place(of: first)
    #expect(held != nil)
    #expect(places.place(of: first) == nil, "one connection, one place")
    try Self.close(first)
    #expect(!Self.isOpen(places), "the connection has moved on with its place")
    held = nil
    #expect(Self.isOpen(places))
    places.arrived(EmbeddedChannel())
    #expect(!Self.isOpen(places))
    try Self.close(second)
    #expect(Self.isOpen(places), "it went before it was set up")
  }

  @Test("who found no place is called once when there is one")
  func resume() throws {
    let places = ConnectionPlaces(1)
    let channel = EmbeddedChannel()
    places.arrived(channel)
    let calls = NIOLoopBoundBox(0, eventLoop: channel.eventLoop)
    let isOpen = places.isOpen { calls.value += 1 }
    #expect(!isOpen)
    #expect(calls.value == 0)
    try Self.close(channel)
    #expect(calls.value == 1)
    let isOpenNow = places.isOpen { calls.value += 100 }
    #expect(isOpenNow)
    #expect(calls.value == 1)
  }

  @Test("half of few descriptors, and all but what is wanted elsewhere of many, are for connections")
  func share() {
    #expect(DescriptorLimit.connections(of: 64, inUse: 40, wanted: 1000) == 12)
    #expect(DescriptorLimit.connections(of: 1_000_000, inUse: 40, wanted: 1600) == 998_360)
    #expect(DescriptorLimit.connections(of: 10, inUse: 40, wanted: 1000) == 1)
    #expect(DescriptorLimit.storeFiles(of: 64) == 20)
    #expect(DescriptorLimit.storeFiles(of: 20_000) == 512)
  }
}

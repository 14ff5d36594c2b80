/// zlib contexts that stand by for the connections of one event loop. Without takeover one of each is enough, because a
/// message is compressed in one go; inflaters are held while a fragmented message is under way.
final class DeflatePool {
  private static let maximumSpareInflaters = 4
  private static let maximumSpareDeflaters = 4

  private var inflaters: [Inflater] = []
  private var deflaters: [(Deflater.Settings, Deflater)] = []

  func takeInflater() -> Inflater? {
    inflaters.popLast() ?? Inflater(windowBits: 15)
  }

  func giveBack(_ inflater: Inflater) {
    guard inflaters.count < Self.maximumSpareInflaters else { return }
    inflater.reset()
    inflaters.append(inflater)
  }

  func takeDeflater(_ settings: Deflater.Settings) -> Deflater? {
    if let index = deflaters.lastIndex(where: { $0.0 == settings }) { return deflaters.remove(at: index).1 }
    return Deflater(settings)
  }

  func giveBack(_ deflater: Deflater, _ settings: Deflater.Settings) {
    if deflaters.count >= Self.maximumSpareDeflaters { deflaters.removeFirst() }
    deflater.reset()
    deflaters.append((settings, deflater))
  }
}

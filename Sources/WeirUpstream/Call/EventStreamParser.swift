/// Cuts a `text/event-stream` (WHATWG HTML §9.2.6) into the data of its events. Bytes in, events out, wherever the bytes
/// are split: CR, LF and CRLF end lines, comments are skipped, data of several lines are joined by LF, a leading byte
/// order mark is dropped. Of the fields only `data` counts, and `error`, which some servers use in its place.
///
/// An event that lies whole in the input is returned as a range of it, without a copy.
struct EventStreamParser: Sendable {
  enum Step: Sendable, Equatable {
    /// All of the input has been taken.
    case needsMore
    /// An event, with this range of the input as its data.
    case event(Range<Int>)
    /// An event that came in pieces: `takeAssembled` has its data.
    case assembledEvent
    /// A line or an event is longer than allowed. Nothing more comes.
    case tooLong
  }

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The data of an event that comes in pieces.
  private var assembled: [UInt8] = []
  /// The beginning of a line whose end has not come.
  private var line: [UInt8] = []
  /// The event's only data line so far, if it lies in the current input.
  private var inPlace: Range<Int>?
  private var hasData = false
  private var isDelivered = false
  private var isAfterCarriageReturn = false
  private var isFirstLine = true
  private var isTooLong = false
  private let maximumEventBytes: Int

  /// With room for the field's name; the exact limit is on the data.
  private var maximumLineBytes: Int { maximumEventBytes + 16 }

  init(maximumEventBytes: Int) {
    self.maximumEventBytes = maximumEventBytes
  }

  /// Goes on in `input` at `index`, to the next event or to the input's end. Call again with the same input until
  /// `.needsMore`.
  mutating func next(in input: Span<UInt8>, at index: inout Int) -> Step {
    forgetDelivered()
    while index < input.count, !isTooLong {
      if isAfterCarriageReturn {
        isAfterCarriageReturn = false
        if input[index] == Self.lineFeed {
          index += 1
          continue
        }
      }
      let start = index
      let end = ByteScan.first(of: Self.lineFeed, or: Self.carriageReturn, in: input, from: start)
      if end == input.count {
        keep(input, start..<end)
        index = end
        break
      }
      isAfterCarriageReturn = input[end] == Self.carriageReturn
      index = end + 1
      if take(input, start..<end) {
        isDelivered = true
        guard let range = inPlace else { return .assembledEvent }
        inPlace = nil
        return .event(range)
      }
    }
    if isTooLong { return .tooLong }
    copyInPlace(input)
    return .needsMore
  }

  /// The stream has ended. An event whose blank line is missing counts: servers forget the last one.
  mutating func finish() -> Step {
    forgetDelivered()
    if isTooLong { return .tooLong }
    let rest = line
    line = []
    if !rest.isEmpty { takeLine(rest.span, 0..<rest.count, isInput: false) }
    if isTooLong { return .tooLong }
    guard hasData else { return .needsMore }
    isDelivered = true
    return .assembledEvent
  }

  /// Moves the data of an `assembledEvent` out.
  mutating func takeAssembled() -> [UInt8] {
    var data: [UInt8] = []
    swap(&data, &assembled)
    return data
  }

  /// Takes back an array that `takeAssembled` gave, so that the next event in pieces needs no new one.
  mutating func reuse(_ data: consuming [UInt8]) {
    assembled = data
  }

  private mutating func forgetDelivered() {
    guard isDelivered else { return }
    isDelivered = false
    hasData = false
    inPlace = nil
    assembled.removeAll(keepingCapacity: assembled.capacity <= 4096)
  }

  /// Takes a line that ends in the input; true: it was the blank line behind an event.
  private mutating func take(_ input: Span<UInt8>, _ range: Range<Int>) -> Bool {
    if line.isEmpty {
      if range.isEmpty, !isFirstLine { return hasData }
      // As for a line that comes in pieces, of whatever field: how the bytes are split must not matter.
      isTooLong = range.count > maximumLineBytes
      if isTooLong { return false }
      takeLine(input, range, isInput: true)
    } else {
      keep(input, range)
      if isTooLong { return false }
      // Moved out, not copied: the line is read while the data grow.
      var whole: [UInt8] = []
      swap(&whole, &line)
      takeLine(whole.span, 0..<whole.count, isInput: false)
      whole.removeAll(keepingCapacity: whole.capacity <= 4096)
      swap(&whole, &line)
    }
    return false
  }

  private mutating func takeLine(_ bytes: Span<UInt8>, _ range: Range<Int>, isInput: Bool) {
    var start = range.lowerBound
    let end = range.upperBound
    if isFirstLine {
      isFirstLine = false
      if Self.begins(bytes, start..<end, with: Self.byteOrderMark) { start += Self.byteOrderMark.count }
    }
    var colon = start
    while colon < end, bytes[colon] != UInt8(ascii: ":") { colon += 1 }
    guard Self.isDataField(bytes, start..<colon) else { return }
    var value = min(colon + 1, end)
    if value < end, bytes[value] == UInt8(ascii: " ") { value += 1 }
    if isInput, !hasData {
      hasData = true
      inPlace = value..<end
      isTooLong = end - value > maximumEventBytes
      return
    }
    if isInput { copyInPlace(bytes) }
    if hasData { assembled.append(Self.lineFeed) }
    hasData = true
    append(bytes, value..<end)
  }

  private static func begins(_ bytes: Span<UInt8>, _ range: Range<Int>, with prefix: [UInt8]) -> Bool {
    guard range.count >= prefix.count else { return false }
    for offset in prefix.indices where bytes[range.lowerBound + offset] != prefix[offset] { return false }
    return true
  }

  private static let dataField = Array("data".utf8)
  private static let errorField = Array("error".utf8)

  private static func isDataField(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    if range.count == 4 { return begins(bytes, range, with: dataField) }
    return range.count == 5 && begins(bytes, range, with: errorField)
  }

  /// What lay in the input must be kept before the input goes.
  private mutating func copyInPlace(_ input: Span<UInt8>) {
    guard let range = inPlace else { return }
    inPlace = nil
    append(input, range)
  }

  private mutating func keep(_ input: Span<UInt8>, _ range: Range<Int>) {
    if line.count + range.count > maximumLineBytes {
      isTooLong = true
    } else {
      input.extracting(range).withUnsafeBufferPointer { line.append(contentsOf: $0) }
    }
  }

  private mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    if assembled.count + range.count > maximumEventBytes {
      isTooLong = true
    } else {
      bytes.extracting(range).withUnsafeBufferPointer { assembled.append(contentsOf: $0) }
    }
  }
}

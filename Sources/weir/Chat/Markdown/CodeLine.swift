/// A line inside of a block of code: the end of the block, or code.
enum CodeLine: Equatable {
  case closes
  /// Code, from this character on.
  case text(from: Int)

  /// Reads the first characters of a line; nil: more are needed (CommonMark 0.31.2 section 4.5).
  init?(_ line: [Character], _ fence: BlockStart.Fence, isComplete: Bool) {
    let isLong = line.count > BlockStart.maximumHeld
    var at = 0
    for _ in 0..<fence.quotes {
      while at < line.count, line[at] == " " { at += 1 }
      if at < line.count, line[at] == ">" { at += 1 }
      if at < line.count, line[at] == " " { at += 1 }
    }
    var begin = at
    while begin < line.count, line[begin] == " ", begin - at < fence.indent { begin += 1 }
    var mark = begin
    while mark < line.count, line[mark] == " " { mark += 1 }
    var end = mark
    while end < line.count, line[end] == fence.character { end += 1 }
    let count = end - mark
    while end < line.count, line[end] == " " || line[end] == "\t" { end += 1 }
    if end < line.count || isLong {
      self = .text(from: min(begin, line.count))
    } else if !isComplete {
      return nil
    } else {
      self = count >= fence.count ? .closes : .text(from: begin)
    }
  }
}

import CAllocations
import Glibc

// The micro-benchmarks' program.
//
//   micro                        every case: nanoseconds of CPU and allocations an operation, as lines of JSON
//   micro --list                 the names
//   micro --case NAME COUNT      that many operations of one case and nothing else, for callgrind to count
@main
enum Main {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    switch words.first {
    case "--list":
      for each in Case.all { print(each.name) }
    case "--case":
      guard words.count == 3, let count = Int(words[2]), let found = Case.all.first(where: { $0.name == words[1] })
      else { return usage() }
      let run = try found.prepare()
      run(count)
    case nil:
      for each in Case.all { print(try measure(each)) }
    default: usage()
    }
  }

  private static func usage() {
    print("usage: micro [--list | --case NAME COUNT]")
    exit(64)
  }

  /// Runs for a while, then in ten pieces; the median piece is the figure, the best says how much noise there was.
  private static func measure(_ each: Case) throws -> String {
    let run = try each.prepare()
    var count = 1
    var spent: UInt64 = 0
    while true {
      let start = cpu()
      run(count)
      spent = cpu() - start
      if spent > 20_000_000 || count > 1 << 30 { break }
      count *= 2
    }
    var times: [Double] = []
    let before = allocations_so_far()
    for _ in 0..<10 {
      let start = cpu()
      run(count)
      times.append(Double(cpu() - start) / Double(count))
    }
    let allocations = Double(allocations_so_far() - before) / Double(count * 10)
    times.sort()
    return #"{"name":"\#(each.name)","operation":"\#(each.operation)","ns":\#(rounded(times[5], 10)),"#
      + #""best_ns":\#(rounded(times[0], 10)),"allocations":\#(rounded(allocations, 1000))}"#
  }

  /// Nanoseconds of CPU of all threads.
  private static func cpu() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private static func rounded(_ value: Double, _ scale: Double) -> Double { (value * scale).rounded() / scale }
}

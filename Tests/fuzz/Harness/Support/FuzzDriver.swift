import Glibc

/// libFuzzer's own main function: parses the options in the arguments, and calls `run` until they say stop.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ argumentCount: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// The main function of a program of fuzzers: `PROGRAM TARGET [libFuzzer's options] [folders of inputs]`.
package enum FuzzDriver {
  // Set before the fuzzer starts and not again; libFuzzer calls back on the thread that started it.
  private nonisolated(unsafe) static var run: FuzzTarget.Run = { _ in }

  /// Ends the process when it is done.
  package static func main(_ targets: [FuzzTarget]) -> Never {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    guard let target = targets.first(where: { $0.name == name }) else {
      print(targets.map { "\($0.name) \($0.maximumBytes)" }.joined(separator: "\n"))
      exit(name == "--list" ? 0 : 64)
    }
    do {
      run = try target.start()
    } catch {
      print("\(name) cannot start: \(error)")
      exit(70)
    }
    // The name is ours, and libFuzzer would take it for a folder.
    var arguments = CommandLine.unsafeArgv + 1
    var count = CommandLine.argc - 1
    exit(runFuzzer(&count, &arguments, runOneInput))
  }

  fileprivate static func runInput(_ bytes: UnsafeRawBufferPointer) {
    do {
      try run(bytes)
    } catch {
      // Ends the process on purpose: that is how libFuzzer learns of a finding and keeps its input.
      fatalError("\(error)")
    }
  }
}

/// Named as libFuzzer's unused main function, which is linked all the same, wants it.
@_cdecl("LLVMFuzzerTestOneInput")
package func runOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  FuzzDriver.runInput(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}

import Foundation

/// How long, with how many, and with what.
struct SoakPlan: Sendable {
  let minutes: Double
  /// Where table, figures and picture go.
  let output: String
  /// What may go wrong.
  let troubles: [SoakTrouble]
  let users = 48
  let slowDevices = 8
  let seed = TestRun.seed
  /// Words of each answer: a third of a second of the provider's time.
  let tokens = 40

  /// nil: nobody asked for it.
  static let fromEnvironment: SoakPlan? = {
    let environment = ProcessInfo.processInfo.environment
    guard let minutes = environment["WEIR_SOAK_MINUTES"].flatMap({ Double($0) }), minutes > 0 else { return nil }
    let words = environment["WEIR_SOAK_TROUBLES"]?.split(separator: ",").map(String.init)
    let troubles = words.map { words in SoakTrouble.allCases.filter { words.contains("\($0)") } }
    return SoakPlan(
      minutes: minutes, output: environment["WEIR_SOAK_OUTPUT"] ?? ".", troubles: troubles ?? SoakTrouble.allCases)
  }()

  var length: Duration { .seconds(minutes * 60) }
  /// In the first part the process dies and starts again; then one process lives to the end, so that it can be seen to
  /// grow or not.
  var lastDeath: Duration { length * 0.35 }
  /// From here on memory and descriptors must be flat: buffers, tables and the store's memory are as large as they get.
  var steadyFrom: Duration { length * 0.55 }
  var betweenTroubles: ClosedRange<Double> { 4...15 }
  let betweenSamples = Duration.seconds(3)
}

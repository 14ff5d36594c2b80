@testable import WeirServer

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// The texts of single settings, from wherever they come: what is taken is shown as what is taken as the same. Many times
/// faster than whole files, which `ConfigurationTarget` has.
enum SettingTarget {
  static let target = FuzzTarget("settings", maximumBytes: 128) {
    var configuration = WeirConfiguration()
    let places = [
      EntryPlace.model("m"), .endpoint("e", ofModel: "m"), .lane("interactive"), .lane("own"), .plan("p"),
    ]
    for place in places { place.declare(in: &configuration) }
    let settings = Settings.all + places.flatMap(\.settings)
    let start = configuration
    return { bytes in
      var input = FuzzInput(bytes)
      let setting = settings[input.choice(settings.count)]
      let lines = String(decoding: input.bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
      let texts = setting.shape == .list ? lines : Array(lines.prefix(1))
      var configuration = start
      guard !texts.isEmpty, setting.apply(&configuration, texts) == nil else { return }
      _ = configuration.problems()
      let shown = setting.show(configuration)
      if setting.isSecret {
        return try promise(shown.allSatisfy { $0.isEmpty || $0 == Secret.placeholder }, "a secret is not shown")
      }
      // An empty text takes a setting back to its default.
      if shown.allSatisfy(\.isEmpty) { return }
      var again = start
      let complaint = setting.apply(&again, shown)
      try promise(complaint == nil, "\(setting.key): what is shown is taken: \(shown)")
      try promise(setting.show(again) == shown, "\(setting.key): what is shown is the value: \(shown)")
      for text in shown {
        let scalar = setting.shape == .list ? YAMLText.quoted(text) : YAMLText.scalar(text)
        try promise(!scalar.utf8.contains { $0 < 0x20 }, "\(setting.key) is printed on one line")
      }
    }
  }
}

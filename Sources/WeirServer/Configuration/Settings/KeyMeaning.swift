/// What a key of a file or a flag names. Names that users choose may have dots in them, as models' often do
/// (`models.gpt-4.1.contextTokens`), so keys are read from both ends.
enum KeyMeaning: Equatable {
  /// One of the settings that are always there.
  case setting
  /// A field of an entry.
  case field(String, of: EntryPlace)
  /// An entry as a whole.
  case entry(EntryPlace)
  /// Several entries or settings.
  case section
  /// Nothing. The places are those that it may have been meant for.
  case unknown([EntryPlace])

  /// The words in front of the dot under which names are chosen by users.
  static let namingSections: Set<String> = ["models", "lanes", "plans"]

  init(_ key: String) {
    if Settings.byKey[key] != nil {
      self = .setting
      return
    }
    let steps = key.split(separator: ".").map(String.init)
    guard let first = steps.first, KeyMeaning.namingSections.contains(first) else {
      self = Settings.sections.contains(key) ? .section : .unknown([])
      return
    }
    if steps.count == 1 {
      self = .section
    } else if first == "models" {
      self = KeyMeaning.below(models: Array(steps.dropFirst()))
    } else {
      let place = { (name: String) -> EntryPlace in first == "lanes" ? .lane(name) : .plan(name) }
      self = KeyMeaning.entry(Array(steps.dropFirst()), place)
    }
  }

  private static func below(models steps: [String]) -> KeyMeaning {
    guard let index = steps.dropFirst().firstIndex(of: "endpoints") else {
      return entry(steps, otherwise: misspelled) { .model($0) }
    }
    let model = joined(steps[..<index])
    let rest = Array(steps[(index + 1)...])
    return rest.isEmpty ? .section : entry(rest) { .endpoint($0, ofModel: model) }
  }

  /// The name, and one or two steps of a field.
  private static func entry(
    _ steps: [String], otherwise places: ([String]) -> [EntryPlace] = { _ in [] }, _ place: (String) -> EntryPlace
  ) -> KeyMeaning {
    for count in [2, 1] where steps.count > count {
      let field = joined(steps.suffix(count))
      let place = place(joined(steps.dropLast(count)))
      if place.fieldKeys.contains(field) { return .field(field, of: place) }
    }
    if steps.count == 1 { return .entry(place(steps[0])) }
    // A section of the fields, such as price, is a section here too.
    let owner = place(joined(steps.dropLast()))
    if let last = steps.last, owner.fieldKeys.contains(where: { $0.hasPrefix(last + ".") }) { return .section }
    let price = steps.count > 2 ? [place(joined(steps.dropLast(2)))] : []
    return .unknown([owner] + price + places(steps))
  }

  /// The endpoints that may be meant where the word `endpoints` is misspelled.
  private static func misspelled(_ steps: [String]) -> [EntryPlace] {
    (1..<max(1, steps.count)).compactMap { index in
      guard steps.count > index + 2, UnknownKey.nearest(to: steps[index], among: ["endpoints"]) != nil else {
        return nil
      }
      return .endpoint(
        joined(steps[(index + 1)..<(steps.count - 1)]), ofModel: joined(steps[..<index]))
    }
  }

  private static func joined(_ steps: some Sequence<String>) -> String { steps.joined(separator: ".") }
}

import Testing

@testable import WeirServer

@Suite("The text of settings")
struct SettingValueTests {
  @Test(
    "times are read with their unit",
    arguments: [
      ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("1.5h", .seconds(5400)), ("2 m", .seconds(120)),
      ("0", .zero), ("250us", .microseconds(250)), ("0.5ms", .microseconds(500)),
    ])
  func durations(text: String, value: Duration) {
    #expect(Duration(settingText: text) == value)
  }

  @Test(
    "what is no time is refused",
    arguments: ["", "5", "-5s", "5 apples", "s", "1e3s", "99999999999999h", "5s ", "\u{661}s", "nan", "inf s"])
  func badDurations(text: String) {
    #expect(Duration(settingText: text) == nil)
  }

  @Test("a time's text reads back as the same time")
  func durationRoundTrip() {
    for nanoseconds: Int64 in [0, 1, 999, 1000, 1_500_000, 60_000_000_000, 90_000_000_000, 3_600_000_000_000] {
      let time = Duration.nanoseconds(nanoseconds)
      #expect(Duration(settingText: time.settingText) == time)
    }
  }

  @Test(
    "byte counts are read with or without a unit",
    arguments: [("0", 0), ("65536", 65536), ("64KiB", 65536), ("1 MiB", 1 << 20), ("2GB", 2_000_000_000), ("7B", 7)])
  func byteCounts(text: String, value: Int) {
    #expect(ByteCount(settingText: text)?.bytes == value)
  }

  @Test("what is no byte count is refused", arguments: ["", "-1", "1.5MiB", "64k", "9223372036854775807KiB", "MiB"])
  func badByteCounts(text: String) {
    #expect(ByteCount(settingText: text) == nil)
  }

  @Test("policies are read and printed", arguments: ["keep", "cancel", "keep 90s", "keep 1m"])
  func policies(text: String) throws {
    let policy = try #require(WeirConfiguration.ListenerPolicy(settingText: text))
    #expect(WeirConfiguration.ListenerPolicy(settingText: policy.settingText) == policy)
  }

  @Test("what is no policy is refused", arguments: ["", "keep for ever", "drop", "cancel 5s"])
  func badPolicies(text: String) {
    #expect(WeirConfiguration.ListenerPolicy(settingText: text) == nil)
  }

  @Test("a setting's variable is its key in capitals")
  func variables() {
    #expect(Setting.variable(for: "listen.maximumConnections") == "WEIR_LISTEN_MAXIMUM_CONNECTIONS")
    #expect(Setting.variable(for: "upstream.url") == "WEIR_UPSTREAM_URL")
  }
}

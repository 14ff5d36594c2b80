import Testing
import WeirCore

@Suite("Metrics")
struct MetricsTests {
  @Test("the text is what Prometheus reads: help, type and sample for every metric, each name once")
  func format() {
    let text = Metrics().prometheusText()
    #expect(text.hasSuffix("\n"))
    var types: [String: String] = [:]
    var helped: Set<String> = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# HELP ") {
        #expect(helped.insert(String(words[2])).inserted, "\(words[2]) is there twice")
        #expect(words.count > 3)
      } else if line.hasPrefix("# TYPE ") {
        types[String(words[2])] = String(words[3])
      } else {
        let name = words[0].prefix { $0 != "{" }
        let family = ["_bucket", "_sum", "_count"].reduce(String(name)) { name, ending in
          name.hasSuffix(ending) && types[String(name.dropLast(ending.count))] == "histogram"
            ? String(name.dropLast(ending.count)) : name
        }
        #expect(types[family] != nil, "\(line)")
        #expect(Double(words[words.count - 1]) == 0, "\(line)")
        #expect(name.hasPrefix("weir_"))
        #expect((types[family] == "counter") == name.hasSuffix("_total"), "\(name)")
      }
    }
    #expect(Set(types.keys) == helped)
  }

  @Test("what is recorded is what is rendered")
  func values() {
    let metrics = Metrics()
    metrics.connectionsOpen.add()
    metrics.connectionsOpen.add(2)
    metrics.connectionsOpen.subtract()
    metrics.framesIn.add(5)
    metrics.framesIn.add(-5)
    metrics.framesIn.add(0)
    metrics.memoryAccounted.set(4096)
    metrics.upgradesRefused[.origin].add()
    metrics.upstreamCalls[.timeout].add(3)
    metrics.connectionClosed(code: 1009)
    let text = metrics.prometheusText()
    for line in [
      "weir_connections_open 2", "weir_frames_in_total 5", "weir_memory_accounted_bytes 4096",
      "weir_upgrades_refused_total{reason=\"origin\"} 1", "weir_upgrades_refused_total{reason=\"limit\"} 0",
      "weir_upstream_calls_total{outcome=\"timeout\"} 3", "weir_connections_closed_total{code_class=\"too_big\"} 1",
    ] {
      #expect(text.contains("\n\(line)\n"), "\(line)")
    }
  }

  @Test("a histogram's buckets are cumulative, with inclusive bounds in seconds")
  func histogram() {
    let metrics = Metrics()
    for nanoseconds: UInt64 in [0, 100_000, 100_001, 250_000, 9_000_000_000, 60_000_000_000] {
      metrics.ackLatency.record(nanoseconds: nanoseconds)
    }
    let text = metrics.prometheusText()
    for line in [
      "weir_ack_latency_seconds_bucket{le=\"0.0001\"} 2", "weir_ack_latency_seconds_bucket{le=\"0.00025\"} 4",
      "weir_ack_latency_seconds_bucket{le=\"2.5\"} 4", "weir_ack_latency_seconds_bucket{le=\"10.0\"} 5",
      "weir_ack_latency_seconds_bucket{le=\"+Inf\"} 6", "weir_ack_latency_seconds_count 6",
      "weir_ack_latency_seconds_sum 69.000450001",
    ] {
      #expect(text.contains("\n\(line)\n"), "\(line)")
    }
  }

  @Test("nothing is lost when many record at once")
  func concurrency() async {
    let metrics = Metrics()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for number in 0..<5000 {
            metrics.deltasSent.add()
            metrics.turnsRunning.add(task % 2 == 0 ? 1 : -1)
            metrics.timeToFirstToken.record(nanoseconds: UInt64(number) * 10_000_000)
            metrics.connectionsClosed[.normal].add(2)
          }
        }
      }
    }
    #expect(metrics.deltasSent.total == 40_000)
    #expect(metrics.turnsRunning.current == 0)
    #expect(metrics.timeToFirstToken.snapshot.count == 40_000)
    #expect(metrics.connectionsClosed[.normal].total == 80_000)
  }

  @Test(
    "close codes fall into their classes",
    arguments: [
      (nil, false, CloseClass.abnormal), (1000, false, .normal), (1001, false, .normal), (1001, true, .goingAway),
      (1006, true, .abnormal), (1012, true, .goingAway), (1002, true, .protocolError), (1007, true, .protocolError),
      (1008, true, .policy), (4401, true, .policy), (1009, true, .tooBig), (1011, true, .serverError),
      (3000, false, .other),
    ] as [(UInt16?, Bool, CloseClass)])
  func closeClasses(code: UInt16?, fromServer: Bool, expected: CloseClass) {
    #expect(CloseClass(code: code, fromServer: fromServer) == expected)
  }
}

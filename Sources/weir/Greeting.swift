import WeirServer

/// What `weir serve` says when it is up: where it is, what answers, where the data is, and what to type next.
struct Greeting {
  let loaded: LoadedConfiguration
  /// The port that was bound: not the configured one if that is 0.
  let port: Int

  private var configuration: WeirConfiguration { loaded.configuration }

  var text: String {
    let secure = configuration.tls.isOn ? "s" : ""
    var lines = [
      "",
      "  Weir is up.",
      "",
      row("chat", "ws\(secure)://\(place)/"),
      row("health", "http\(secure)://\(place)/healthz   /readyz   /metrics"),
      row("model", model),
      row("data", "\(configuration.data.directory) (\(durability))"),
      row("devices", devices),
    ]
    for (index, line) in warning.enumerated() { lines.append(row(index == 0 ? "warning" : "", line)) }
    lines += ["", "  Next:  \(next)", ""]
    return lines.joined(separator: "\n")
  }

  private func row(_ name: String, _ value: String) -> String {
    "  " + name + String(repeating: " ", count: max(1, 10 - name.count)) + value
  }

  /// An address to type: one that is listened on, and means something.
  private var place: String {
    switch configuration.listen.host {
    case "0.0.0.0", "::": "127.0.0.1:\(port)"
    case let host where host.contains(":"): "[\(host)]:\(port)"
    case let host: "\(host):\(port)"
    }
  }

  private var model: String {
    if let first = configuration.effectiveModels.first, !configuration.models.isEmpty {
      let others = configuration.effectiveModels.dropFirst().map(\.name)
      let rest =
        others.isEmpty ? "" : ", also \(others.prefix(5).joined(separator: ", "))\(others.count > 5 ? ", ..." : "")"
      return "\(first.name) by \(first.endpoints.map(\.name).joined(separator: ", "))\(rest)"
    }
    guard let url = configuration.upstream.url else {
      return "the built-in demo; --upstream URL --model NAME brings a real one"
    }
    let key = loaded.origins["upstream.key"].map { "key from \($0)" } ?? "no key"
    return "\(configuration.upstream.model) at \(url) (\(key))"
  }

  private var durability: String {
    configuration.data.durability == .fsync ? "acknowledged when on disk" : "acknowledged before it is on disk"
  }

  private var devices: String {
    configuration.auth.hasKeys
      ? "with a token; `weir token --user NAME` makes one" : "on this machine only, without a token"
  }

  /// What the operator should change before others depend on this server; one line each.
  private var warning: [String] {
    if !configuration.auth.hasKeys {
      return [
        "no key is set, so anybody on this machine is any user. To let others in, with tokens:",
        "openssl rand -hex 32 > weir.secret && weir serve --jwt-secret-file weir.secret",
      ]
    }
    if !configuration.tls.isOn && !isLocal {
      return ["tokens and talk can be read on the way; end that with --tls-cert and --tls-key, or a TLS proxy."]
    }
    return []
  }

  private var isLocal: Bool {
    ["127.0.0.1", "localhost", "::1"].contains(configuration.listen.host)
  }

  private var next: String {
    let scheme = configuration.tls.isOn ? "wss" : "ws"
    let isDefault = place == "127.0.0.1:8080" && !configuration.tls.isOn
    return isDefault && !configuration.auth.hasKeys ? "weir chat" : "weir chat \(scheme)://\(place)/"
  }
}

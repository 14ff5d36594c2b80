/// The table of all settings, in the order in which they are printed. A new setting is a property of
/// `WeirConfiguration` and a line here.
enum Settings {
  static let all: [Setting] = server + access + connections + provider + traffic + answers + process

  /// By key.
  static let byKey: [String: Setting] = Dictionary(all.map { ($0.key, $0) }) { first, _ in first }

  /// The words in front of the dot.
  static let sections: Set<String> = Set(all.map { String($0.key.prefix { $0 != "." }) })
    .union(KeyMeaning.namingSections)

  /// The longest time a setting can name.
  static let longest: Duration = .seconds(365 * 24 * 3600)
  /// The longest time for which a plan can say that it keeps something: a century.
  static let longestKept: Duration = .seconds(100 * 365 * 24 * 3600)

  private static let server: [Setting] = [
    .single(
      "listen.host", \.listen.host, "The address to listen on; 0.0.0.0 or :: for all.",
      check: { $0.isEmpty ? "an address such as 127.0.0.1" : nil }),
    .single("listen.port", \.listen.port, in: 0...65535, "The port; 0 lets the system choose one."),
    .single(
      "listen.maximumConnections", \.listen.maximumConnections, in: 1...10_000_000, "More connections get a 503."),
    .limit(
      "listen.devicesPerSecond", \.listen.devicesPerSecond, in: 4...1_000_000,
      "New devices while answers run; more get a 503 and come back a little later."),
    .single("listen.threads", \.listen.threads, in: 0...1024, "Event loops; 0: one per processor."),
    .single(
      "data.directory", \.data.directory, "Where data is kept.",
      check: { $0.isEmpty ? "a directory such as ./weir-data" : nil }),
    .single(
      "data.durability", \.data.durability,
      "What an acknowledgement survives: fsync (loss of power) or os (death of the process only)."),
    .bytes("data.cacheBytes", \.data.cacheBytes, in: 1 << 20...1 << 40, "The store's cache."),
    .bytes(
      "data.writeBufferBytes", \.data.writeBufferBytes, in: 1 << 20...1 << 40,
      "What is written and not in a table file yet; in memory."),
    .single(
      "data.retentionInterval", \.data.retentionInterval, in: .milliseconds(100)...longest,
      "How often conversations are looked for that plans.NAME.keepConversations keeps no longer."),
  ]

  private static let access: [Setting] = [
    .single(
      "auth.jwtSecret", \.auth.jwtSecret, secret: true,
      "A shared secret for HS256 tokens, 32 bytes or more; also WEIR_JWT_SECRET."),
    .list("auth.jwtSecretFiles", \.auth.jwtSecretFiles, "Files with such a secret, as PATH or KID=PATH."),
    .list(
      "auth.jwtKeyFiles", \.auth.jwtKeyFiles,
      "PEM files with a public key or certificate (P-256: ES256, RSA: RS256, Ed25519: EdDSA), as PATH or KID=PATH."),
    .list(
      "auth.jwksFiles", \.auth.jwksFiles,
      "Files with a JSON Web Key Set (RFC 7517); keys are chosen by the kid that a token names."),
    .single(
      "auth.fileCheckInterval", \.auth.fileCheckInterval, in: .zero...longest,
      "How often files with keys and certificates are looked at for changes; 0s: only on SIGHUP."),
    .single("auth.issuer", \.auth.issuer, "If set, a token's iss must be this."),
    .single("auth.audience", \.auth.audience, "If set, a token's aud must name this."),
    .single(
      "auth.leeway", \.auth.leeway, in: .zero ... .seconds(3600),
      "How far clocks may be apart when exp and nbf are checked."),
    .single(
      "auth.expiryGrace", \.auth.expiryGrace, in: .zero...longest,
      "How long a connection outlives its token."),
    .single(
      "auth.openOnLoopback", \.auth.openOnLoopback,
      "Whether, without any secret or key, devices on this machine may connect without a token."),
    .single("auth.planClaim", \.auth.planClaim, "The token's claim with the user's plan.", check: claim),
    .single(
      "auth.laneClaim", \.auth.laneClaim, "The claim with the best lane, in place of the plan's.", check: claim),
    .single(
      "auth.tenantClaim", \.auth.tenantClaim, "The claim with the customer that the user belongs to.", check: claim),
    .single("auth.defaultPlan", \.auth.defaultPlan, "The plan of those whose token names none."),
    .single(
      "admin.secret", \.admin.secret, secret: true, "What /admin wants as bearer token, 16 bytes or more.",
      check: {
        $0.map { $0.value.utf8.count < 16 } ?? false ? "16 bytes or more; `openssl rand -hex 32` makes one" : nil
      }),
    .single("admin.secretFile", \.admin.secretFile, "A file with the secret."),
    .single(
      "admin.backupDirectory", \.admin.backupDirectory,
      "Backups asked for over /admin are made in it only; none: anywhere the server may write.",
      check: { $0.map { !$0.hasPrefix("/") } ?? false ? "a directory that begins with /" : nil }),
    .single("tls.certificateFile", \.tls.certificateFile, "A PEM file with the certificate and its chain."),
    .single("tls.keyFile", \.tls.keyFile, "A PEM file with the certificate's private key."),
  ]

  private static let connections: [Setting] = [
    .bytes(
      "websocket.maximumMessageBytes", \.websocket.maximumMessageBytes, in: 1024...1 << 30,
      "The largest message a device may send."),
    .single("websocket.deflate", \.websocket.deflate, "Whether compression (permessage-deflate) is offered."),
    .bytes(
      "websocket.deflateThresholdBytes", \.websocket.deflateThresholdBytes, in: 0...1 << 20,
      "Smaller messages are sent uncompressed."),
    .single(
      "websocket.deflateLevel", \.websocket.deflateLevel, in: 1...9,
      "zlib's level: 1 costs least, 6 a few times as much for a fifth fewer bytes where earlier messages count."),
    .single(
      "websocket.deflateContextTakeover", \.websocket.deflateContextTakeover,
      "Whether messages may refer to earlier ones: fewer bytes, up to 300 KiB on a busy connection."),
    .bytes(
      "websocket.highWaterBytes", \.websocket.highWaterBytes, in: 4096...1 << 30,
      "A device with more than this on the way gets nothing new until it has taken it."),
    .single(
      "websocket.pingInterval", \.websocket.pingInterval, in: .seconds(1)...longest,
      "A silent device is pinged after this long, and dropped after twice as long."),
    .single(
      "websocket.handshakeTimeout", \.websocket.handshakeTimeout, in: .milliseconds(100) ... .seconds(300),
      "How long a connection may take to ask for something."),
    .single(
      "websocket.stallLimit", \.websocket.stallLimit, in: .seconds(1)...longest,
      "How long a device may take nothing while something waits for it."),
    .list(
      "websocket.allowedOrigins", \.websocket.allowedOrigins,
      "Web pages that may connect, as https://chat.example.org, or * for all; none: this server's own."),
  ]

  private static let provider: [Setting] = [
    .single(
      "upstream.url", \.upstream.url, "The provider's base URL; none: the demo model answers.",
      check: { $0.flatMap(UpstreamURL.complaint) }),
    .single("upstream.kind", \.upstream.kind, "The API the provider speaks."),
    .single("upstream.model", \.upstream.model, "The model's name at the provider."),
    .single("upstream.key", \.upstream.key, secret: true, "The provider's key."),
    .single("upstream.keyFile", \.upstream.keyFile, "A file with the provider's key."),
    .list(
      "upstream.keyVariables", \.upstream.keyVariables,
      "Environment variables that may hold the key; the first that is set is used."),
    .single(
      "upstream.contextTokens", \.upstream.contextTokens, in: 256...100_000_000,
      "The model's context, shared by prompt and answer."),
    .single(
      "upstream.answerTokens", \.upstream.answerTokens, in: 1...100_000_000,
      "What of the context is kept free for the answer."),
    .single(
      "upstream.maximumConcurrent", \.upstream.maximumConcurrent, in: 1...100_000,
      "Calls at the same time; more wait."),
    .single(
      "upstream.connectTimeout", \.upstream.connectTimeout, in: .milliseconds(10)...longest, "Name, TCP and TLS."),
    .single(
      "upstream.firstTokenTimeout", \.upstream.firstTokenTimeout, in: .milliseconds(10)...longest,
      "From the request to the answer's first piece."),
    .single(
      "upstream.stallTimeout", \.upstream.stallTimeout, in: .milliseconds(10)...longest,
      "The longest silence inside an answer."),
    .single("upstream.totalTimeout", \.upstream.totalTimeout, in: .milliseconds(10)...longest, "The whole call."),
    .bytes(
      "upstream.maximumAnswerBytes", \.upstream.maximumAnswerBytes, in: 1024...1 << 30,
      "A longer answer is ended and kept."),
    .single("upstream.systemPrompt", \.upstream.systemPrompt, "Instructions put before every conversation."),
    .single(
      "demo.firstTokenDelay", \.demo.firstTokenDelay, in: .zero ... .seconds(3600),
      "The demo model's time to the first token."),
    .single(
      "demo.tokensPerSecond", \.demo.tokensPerSecond, in: 0...1_000_000, "The demo model's speed; 0: all at once."),
    .single(
      "demo.answerTokens", \.demo.answerTokens, in: 0...1_000_000,
      "The demo model's answer length; 0: as long as it takes to say what it is."),
    .single("demo.fault", \.demo.fault, "What goes wrong with the demo model's answers."),
    .single("demo.faultPercent", \.demo.faultPercent, in: 0...100, "How many answers of a hundred it happens to."),
  ]

  private static let traffic: [Setting] = [
    .single("models.default", \.defaultModel, "The model for those who name none; needed if there are several."),
    .single("queue.maximumWaiting", \.queue.maximumWaiting, in: 0...10_000_000, "Turns that wait for a provider."),
    .bytes(
      "queue.maximumWaitingBytes", \.queue.maximumWaitingBytes, in: 1 << 20...1 << 50, "Prompts of turns that wait."),
    .single(
      "queue.maximumWaitingPerUser", \.queue.maximumWaitingPerUser, in: 1...10_000_000,
      "Turns of one user that wait in a lane."),
    .single("retry.maximumAttempts", \.retry.maximumAttempts, in: 1...10, "Attempts of a call, with the first."),
    .single(
      "retry.budgetPercent", \.retry.budgetPercent, in: 0...100,
      "Further attempts, as a percentage of the recent first ones."),
    .single(
      "retry.baseDelay", \.retry.baseDelay, in: .milliseconds(1) ... .seconds(3600),
      "The longest pause before the second attempt; it doubles with each."),
    .single(
      "retry.maximumDelay", \.retry.maximumDelay, in: .milliseconds(1) ... .seconds(3600), "The longest pause of all."),
    .single("hedge.enabled", \.hedge.isEnabled, "Whether a late first token brings a second call beside the first."),
    .single("cache.enabled", \.cache.isEnabled, "Whether answers are kept for equal calls."),
    .single("cache.lifetime", \.cache.lifetime, in: .seconds(1)...longest, "How long an answer is used."),
    .bytes("cache.sizeBytes", \.cache.sizeBytes, in: 1 << 20...1 << 50, "All of them."),
    .bytes("cache.maximumAnswerBytes", \.cache.maximumAnswerBytes, in: 1024...1 << 30, "A longer one is not kept."),
    .single("cache.anyTemperature", \.cache.anyTemperature, "Whether those of calls above temperature 0 are kept too."),
    .limit(
      "addresses.connectionsPerSecond", \.addresses.connectionsPerSecond, in: 1...1_000_000,
      "New connections of one address; an IPv6 address counts with its /64."),
    .limit(
      "addresses.maximumConnections", \.addresses.maximumConnections, in: 1...10_000_000,
      "Connections of one address at the same time."),
    .limit(
      "addresses.failedLogins", \.addresses.failedLogins, in: 1...1_000_000,
      "Refused tokens of one address in a minute; beyond it all are, unread."),
    .values(
      "addresses.exempt", \.addresses.exempt, canBeNone: true,
      "Addresses without these limits, such as 10.0.0.0/8; or none."),
    .single(
      "addresses.maximumTracked", \.addresses.maximumTracked, in: 1024...10_000_000,
      "Addresses without connections that are remembered."),
    .values(
      "proxies.trusted", \.proxies.trusted, "Proxies that may speak for a client's address, such as 10.0.0.0/8."),
    .single("proxies.protocol", \.proxies.carrier, "How they do: forwarded-for (a header), proxy-protocol, or none."),
  ]

  /// What a good claim's name would be, or nil if this is one.
  private static let claim: @Sendable (String) -> String? = { name in
    (1...128).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
      ? nil : "the name of a claim, without spaces"
  }

  private static let answers: [Setting] = [
    .single(
      "streaming.flushInterval", \.streaming.flushInterval, in: .zero ... .seconds(1),
      "The longest pause between two writes to a device under load."),
    .single(
      "streaming.listenerPolicy", \.streaming.listenerPolicy,
      "What happens to an answer nobody listens to: keep, keep 60s, or cancel."),
    .single(
      "streaming.logRetention", \.streaming.logRetention, in: .zero...longest,
      "How long an ended answer can be resumed from memory."),
    .single(
      "streaming.checkpointInterval", \.streaming.checkpointInterval, in: .milliseconds(10) ... .seconds(60),
      "How often a running answer is stored."),
    .bytes(
      "streaming.defaultCreditBytes", \.streaming.defaultCreditBytes, in: 0...1 << 40,
      "What a device that asked for no credit is sent before it grants some; 0: as much as its socket takes."),
    .single(
      "sessions.idleEviction", \.sessions.idleEviction, in: .seconds(1)...longest,
      "An idle user leaves memory after this long."),
    .single(
      "sessions.maximumDevicesPerUser", \.sessions.maximumDevicesPerUser, in: 1...100_000,
      "Devices of one user at the same time."),
    .single(
      "sessions.maximumWaitingTurns", \.sessions.maximumWaitingTurns, in: 0...100_000,
      "Turns that may wait in one conversation."),
    .single(
      "sessions.maximumPendingRequests", \.sessions.maximumPendingRequests, in: 1...1_000_000,
      "Requests of one user that may wait for the store."),
    .bytes(
      "sessions.maximumMessageTextBytes", \.sessions.maximumMessageTextBytes, in: 1...1 << 30,
      "The text of one message."),
  ]

  private static let process: [Setting] = [
    .bytes(
      "memory.limitBytes", \.memory.limitBytes, in: 0...1 << 50,
      "Logs, tails and queues; beyond it new work is refused. 0: a quarter of the machine's or container's memory."),
    .single(
      "shutdown.grace", \.shutdown.grace, in: .zero ... .seconds(3600),
      "How long devices and answers have when the server stops."),
    .single("logging.level", \.logging.level, "The least important lines that are written."),
    .single("logging.format", \.logging.format, "text for people, json for programs."),
  ]
}

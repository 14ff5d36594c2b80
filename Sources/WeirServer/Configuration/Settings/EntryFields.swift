/// The fields of models, endpoints, lanes and plans, in the order in which they are printed.
enum EntryFields {
  private static let shortest: Duration = .milliseconds(10)
  private static let tokens = 1...100_000_000

  static let model: [Field<WeirConfiguration.Model>] = [
    .single("contextTokens", \.contextTokens, in: 256...100_000_000, "The context, shared by prompt and answer."),
    .single("answerTokens", \.answerTokens, in: tokens, "What of the context is kept free for the answer."),
    .single("systemPrompt", \.systemPrompt, "Instructions put before every conversation."),
    .single("systemPromptFile", \.systemPromptFile, "A file with the instructions."),
    .single(
      "promptVersion", \.promptVersion, "Names the instructions in usage and metrics.",
      check: { $0.isEmpty ? nil : EntryName.complaint($0) }),
    .limit("temperature", \.temperature, in: 0...2, "Here and below, none: the provider's own default."),
    .limit("topP", \.topP, in: 0...1, "The share of likely tokens that are chosen from."),
    .limit("maximumTokens", \.maximumTokens, in: tokens, "The most tokens an answer may have."),
    .list("stop", \.stop, "Texts that end an answer.", check: { $0.count > 16 ? "a list of at most 16 texts" : nil }),
    .single("hidesReasoning", \.hidesReasoning, "Whether the model's reasoning is kept from users."),
    .single("price.input", \.price.input, "What a million tokens of prompts cost, such as 2.50."),
    .limit(
      "price.cachedInput", \.price.cachedInput, in: PricePerMillion.range,
      "The same, of what the provider had in its cache; none: as the rest."),
    .single("price.output", \.price.output, "What a million tokens of answers cost."),
  ]

  static let endpoint: [Field<WeirConfiguration.Endpoint>] = [
    .single(
      "url", \.url, "The provider's base URL; needed unless kind is demo.",
      check: { $0.flatMap(UpstreamURL.complaint) }),
    .single("kind", \.kind, "The API it speaks; demo is the built-in model, as demo.* says."),
    .single("model", \.model, "The model's name at the provider; empty: as it is called here."),
    .values("keys", \.keys, secret: true, "The provider's keys, used in turn. Better in keyFiles or keyVariables."),
    .list("keyFiles", \.keyFiles, "Files with keys, one a line."),
    .list("keyVariables", \.keyVariables, "Environment variables with a key each."),
    .single("weight", \.weight, in: 1...1000, "Its share of the calls beside endpoints of the same priority."),
    .single("priority", \.priority, in: 0...100, "Used only when no endpoint of a lower number can be."),
    .single("maximumConcurrent", \.maximumConcurrent, in: 1...100_000, "Calls at the same time; more wait."),
    .limit("requestsPerMinute", \.requestsPerMinute, in: 1...100_000_000, "none: only what the provider itself says."),
    .limit("tokensPerMinute", \.tokensPerMinute, in: 1...1 << 50, "none: only what the provider itself says."),
    .single("connectTimeout", \.connectTimeout, in: shortest...Settings.longest, "Name, TCP and TLS."),
    .single(
      "firstTokenTimeout", \.firstTokenTimeout, in: shortest...Settings.longest,
      "From the request to the answer's first piece."),
    .single("stallTimeout", \.stallTimeout, in: shortest...Settings.longest, "The longest silence inside an answer."),
    .single("totalTimeout", \.totalTimeout, in: shortest...Settings.longest, "The whole call."),
    .bytes("maximumAnswerBytes", \.maximumAnswerBytes, in: 1024...1 << 30, "A longer answer is ended and kept."),
    .single(
      "continuation", \.continuation,
      "How a cut answer goes on: prefill (from its own beginning) or instruction (by asking)."),
    .single("tokensField", \.tokensField, "What the request calls the most tokens of an answer; for openai only."),
  ]

  static let lane: [Field<WeirConfiguration.Lane>] = [
    .single("enabled", \.isEnabled, "Whether the lane exists; true of the standard three unless it is false here."),
    .single("rank", \.rank, in: 0...1_000_000, "The lowest is the best lane; the standard ones are 100, 200 and 300."),
    .single("weight", \.weight, in: 1...1000, "Its share of the work against other lanes with turns waiting."),
    .single(
      "maximumShare", \.maximumShare, in: Percent(1)...Percent(100),
      "The most of a model's places at providers it may hold."),
    .single(
      "maximumWaitingShare", \.maximumWaitingShare, in: Percent(1)...Percent(100),
      "The most of the waiting room its turns may fill."),
    .single("idleOnly", \.isIdleOnly, "Whether it only gets what nobody else wants."),
    .limit(
      "maximumWait", \.maximumWait, in: .milliseconds(1)...Settings.longest, "A turn that waited so long is refused."),
    .limit(
      "unheardWait", \.unheardWait, in: .milliseconds(1)...Settings.longest,
      "A turn that waited so long with no device listening leaves the queue."),
    .single("resumesElsewhere", \.resumesElsewhere, "Whether another endpoint visibly goes on with a broken answer."),
  ]

  static let plan: [Field<WeirConfiguration.Plan>] = [
    .single("lane", \.lane, "The best lane its users may use; empty: the best that is not interactive-premium."),
    .limit("turnsPerMinute", \.turnsPerMinute, in: 1...1_000_000, "Turns a user may begin in a minute."),
    .limit("turnBurst", \.turnBurst, in: 1...1_000_000, "Turns that may come at once; none: as many as in a minute."),
    .limit("turnsAtOnce", \.turnsAtOnce, in: 1...1_000_000, "Turns that may wait or run at the same time."),
    .limit("tokensPerDay", \.tokensPerDay, in: 1...1 << 60, "Prompts and answers of a day (UTC)."),
    .limit("tokensPerMonth", \.tokensPerMonth, in: 1...1 << 60, "Prompts and answers of a month (UTC)."),
    .list("models", \.models, "The models it may use; empty: all."),
    .limit(
      "keepConversations", \.keepConversations, in: .seconds(1)...Settings.longestKept,
      "A conversation that has not changed for so long is deleted, such as 365d; none: kept for ever."),
  ]
}

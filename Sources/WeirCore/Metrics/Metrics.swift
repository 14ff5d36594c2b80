/// Every figure the server keeps, with its name and meaning for Prometheus: this file is the only place that has them.
/// A new one is a property and a line in `init`. All may be recorded from any thread, at the cost of an atomic
/// addition; what happens per token is added once per flush.
package final class Metrics: Sendable {
  // Connections.
  package let connectionsOpen: Gauge
  package let connectionsAccepted: Counter
  package let connectionsClosed: LabeledCounter<CloseClass>
  package let upgradesRefused: LabeledCounter<RefusalReason>
  package let addressesRefused: LabeledCounter<AddressLimitName>
  package let framesIn: Counter
  package let framesOut: Counter
  package let bytesIn: Counter
  package let bytesOut: Counter

  // Messages and turns.
  package let messagesAccepted: Counter
  package let messagesDurable: Counter
  package let messagesDuplicate: Counter
  package let refusals: Counter
  package let turnsStarted: Counter
  package let turnsFinished: Counter
  package let turnsFailed: Counter
  package let turnsStopped: Counter
  package let turnsCut: Counter
  package let turnsRequeued: Counter
  package let turnsAbandoned: Counter
  package let turnsRunning: Gauge
  package let turnsQueued: Gauge
  package let timeToFirstToken: Histogram
  package let ackLatency: Histogram
  package let limitRefusals: LabeledCounter<LimitName>
  package let models = ModelTable()

  // Cache.
  package let cacheHits: Counter
  package let cacheMisses: Counter
  package let cacheBytes: Counter
  package let cacheSaved: Counter

  // Streaming.
  package let deltasSent: Counter
  package let deltaBytes: Counter
  package let devicesStalled: Counter
  package let cursorPauses: Counter
  package let tokensUnheard: Counter

  // Sessions and store.
  package let sessionsLive: Gauge
  package let sessionsEvicted: Counter
  package let usersErased: Counter
  package let conversationsExpired: Counter
  package let journalBatches: Counter
  package let journalEntries: Counter
  package let journalCommit: Histogram
  package let checkpoints: Counter
  package let storeTableBytes: Gauge
  package let storeUnflushedBytes: Gauge
  package let storeBlockCacheBytes: Gauge
  package let storeMergeBacklogBytes: Gauge
  package let storeWritesStopped: Gauge
  package let storeErrors: Gauge

  // Process.
  package let memoryAccounted: Gauge
  package let memoryLimit: Gauge
  package let mailboxWakes: Counter
  package let upstreamCalls: LabeledCounter<UpstreamOutcome>
  package let upstreamInFlight: Gauge
  package let upstreamQueued: Gauge
  package let tokensIn: Counter
  package let tokensOut: Counter

  private let families: [MetricFamily]

  package init() {
    var list = MetricList()
    connectionsOpen = list.gauge("weir_connections_open", "WebSocket connections that are open.")
    connectionsAccepted = list.counter("weir_connections_total", "WebSocket connections that were opened.")
    connectionsClosed = list.labeled("weir_connections_closed_total", "WebSocket connections that ended.")
    upgradesRefused = list.labeled("weir_upgrades_refused_total", "Connections that were not upgraded to WebSocket.")
    addressesRefused = list.labeled(
      "weir_address_refusals_total", "Connections and tokens refused because their address was at a limit.")
    framesIn = list.counter("weir_frames_in_total", "Client frames received.")
    framesOut = list.counter("weir_frames_out_total", "Server frames sent.")
    bytesIn = list.counter("weir_bytes_in_total", "Bytes received on WebSocket connections.")
    bytesOut = list.counter("weir_bytes_out_total", "Bytes sent on WebSocket connections.")

    messagesAccepted = list.counter("weir_messages_accepted_total", "Messages taken from devices.")
    messagesDurable = list.counter("weir_messages_durable_total", "Messages acknowledged as durable.")
    messagesDuplicate = list.counter("weir_messages_duplicate_total", "Messages that were sent again and known.")
    refusals = list.counter("weir_refusals_total", "Requests of devices that were answered with an error.")
    turnsStarted = list.counter("weir_turns_started_total", "Turns that went to a model.")
    turnsFinished = list.counter("weir_turns_finished_total", "Turns whose answer came to its end.")
    turnsFailed = list.counter("weir_turns_failed_total", "Turns that failed.")
    turnsStopped = list.counter("weir_turns_stopped_total", "Turns that a user stopped.")
    turnsCut = list.counter("weir_turns_cut_total", "Turns found cut off by a crash or restart.")
    turnsRequeued = list.counter("weir_turns_requeued_total", "Turns found waiting after a restart.")
    turnsAbandoned = list.counter("weir_turns_abandoned_total", "Turns ended because nobody listened.")
    turnsRunning = list.gauge("weir_turns_running", "Turns that are being answered.")
    turnsQueued = list.gauge("weir_turns_queued", "Turns that wait.")
    timeToFirstToken = list.histogram(
      "weir_time_to_first_token_seconds", "From a message's arrival to its answer's first text.", Histogram.modelBounds)
    ackLatency = list.histogram(
      "weir_ack_latency_seconds", "From a message's arrival to its durable acknowledgement.", Histogram.localBounds)

    limitRefusals = list.labeled("weir_limit_refusals_total", "Turns refused because their user was at a limit.")
    cacheHits = list.counter("weir_cache_hits_total", "Answers that had been made for another turn.")
    cacheMisses = list.counter("weir_cache_misses_total", "Turns whose answer could have been kept and was not.")
    cacheBytes = list.counter("weir_cache_bytes_total", "Bytes of answers that came from the cache.")
    cacheSaved = list.counter(
      "weir_cache_saved_millionths_total", "What cache hits would have cost, in millionths of the currency.")
    Self.addModels(models, to: &list)

    deltasSent = list.counter("weir_deltas_sent_total", "Delta frames sent.")
    deltaBytes = list.counter("weir_delta_bytes_total", "Bytes of answer text sent.")
    devicesStalled = list.counter("weir_devices_stalled_total", "Devices closed because they took nothing.")
    cursorPauses = list.counter("weir_cursor_pauses_total", "Times a device's cursor had to wait.")
    tokensUnheard = list.counter("weir_tokens_unheard_total", "Tokens generated while no device listened.")

    sessionsLive = list.gauge("weir_sessions_live", "Users whose session is in memory.")
    sessionsEvicted = list.counter("weir_sessions_evicted_total", "Sessions that left memory for idleness.")
    usersErased = list.counter("weir_users_erased_total", "Users of whom everything was erased.")
    conversationsExpired = list.counter(
      "weir_conversations_expired_total", "Conversations deleted because their plan keeps them no longer.")
    journalBatches = list.counter("weir_journal_batches_total", "Group commits.")
    journalEntries = list.counter("weir_journal_entries_total", "Entries committed.")
    journalCommit = list.histogram(
      "weir_journal_commit_seconds", "One group commit, its fsync included.", Histogram.commitBounds)
    checkpoints = list.counter("weir_checkpoints_total", "Checkpoints of running answers.")

    storeTableBytes = list.gauge("weir_store_table_bytes", "Bytes of the table files on disk.")
    storeUnflushedBytes = list.gauge("weir_store_unflushed_bytes", "Bytes in memory that are not in a table file yet.")
    storeBlockCacheBytes = list.gauge("weir_store_block_cache_bytes", "Bytes of table files that memory keeps.")
    storeMergeBacklogBytes = list.gauge("weir_store_merge_backlog_bytes", "Bytes that merges have yet to rewrite.")
    storeWritesStopped = list.gauge("weir_store_writes_stopped", "1 while writes wait for merges.")
    storeErrors = list.gauge("weir_store_background_errors", "Flushes and merges that failed since the start.")

    memoryAccounted = list.gauge("weir_memory_accounted_bytes", "Bytes in logs, tails and queues.")
    memoryLimit = list.gauge("weir_memory_limit_bytes", "What those may take; new work is refused at it.")
    mailboxWakes = list.counter("weir_mailbox_wakes_total", "Times one thread woke another for a batch.")
    upstreamCalls = list.labeled("weir_upstream_calls_total", "Calls to providers that ended.")
    upstreamInFlight = list.gauge("weir_upstream_in_flight", "Calls that providers are answering.")
    upstreamQueued = list.gauge("weir_upstream_queued", "Calls that wait for a place at a provider.")
    tokensIn = list.counter("weir_prompt_tokens_total", "Prompt tokens, as providers count them.")
    tokensOut = list.counter("weir_answer_tokens_total", "Answer tokens, as providers count them.")
    families = list.families
  }

  private static func addModels(_ models: ModelTable, to list: inout MetricList) {
    func counters(_ name: String, _ help: String, _ counter: @escaping @Sendable (ModelFigures) -> Counter) {
      list.add(name, help, .counters { models.all.map { ($0.labels, counter($0.figures).total) } })
    }
    counters("weir_model_turns_total", "Turns that ended, by model and prompt version.") { $0.turns }
    counters("weir_model_failures_total", "Of the turns, those that broke off.") { $0.failures }
    counters("weir_model_prompt_tokens_total", "Prompt tokens.") { $0.inputTokens }
    counters("weir_model_answer_tokens_total", "Answer tokens.") { $0.outputTokens }
    list.add(
      "weir_model_token_seconds", "The time between two tokens, averaged over each answer.",
      .histograms { models.all.map { ($0.labels, $0.figures.tokenTime) } })
    list.add(
      "weir_model_first_token_seconds", "From the question to the answer's first text.",
      .histograms { models.all.map { ($0.labels, $0.figures.firstToken) } })
  }

  /// Counts a connection's end by its close code (RFC 6455 §7.4.1).
  package func connectionClosed(code: Int, fromServer: Bool = false) {
    connectionsClosed[CloseClass(code: UInt16(exactly: code), fromServer: fromServer)].add()
  }

  /// All of them in the Prometheus text format, version 0.0.4.
  package func prometheusText() -> String {
    var text = ""
    for family in families { family.render(into: &text) }
    return text
  }
}

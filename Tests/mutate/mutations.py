"""The mutations: a line that keeps a promise, what it is replaced with, and the tests that have to notice."""

from typing import NamedTuple


class Mutation(NamedTuple):
    name: str
    target: str
    filter: str
    file: str
    old: str
    new: str


def of(target, folder, *rows):
    return [Mutation(name, target, filter, f"{folder}/{file}", old, new) for name, filter, file, old, new in rows]


# The simulations would notice most of these too, and take longer.
CORE = ("SendTests|StreamTests|TurnTests|RestartTests|LimitTests|HelloTests|HistoryTests|PartTests|"
        "FoundBySimulationTests")
STORE = ("SyncTests|JournalTests|KeyLayoutTests|IsolationPropertyTests|CrashTests|FailingDiskTests|DeletionTests|"
         "PagingTests")

MUTATIONS = [
    # What a peer may send.
    *of(
        "WebSocketTests", "Sources/WebSocket",
        ("connection: kept after its end", "ConnectionTests", "Connection/WebSocketConnection+Timers.swift",
         "guard writeProgress == nil, channel.isActive, let time", "guard writeProgress == nil, let time"),
        ("newcomers: all of a crowd at once", "NewcomerQueueTests", "Loop/NewcomerQueue.swift",
         "if letIn <= Self.atOnce { return true }", "if letIn <= 1_000_000 { return true }"),
        ("frame: length not checked", "FrameReaderTests|ConnectionTests", "Framing/FrameHeader.swift",
         "guard payloadBytes <= rules.maximumFrameBytes else {", "guard payloadBytes <= Int.max else {"),
        ("frame: top bit of a length not checked", "FrameReaderTests", "Framing/FrameHeader.swift",
         "guard length >> 63 == 0 else {", "guard length >> 63 < 2 else {"),
        ("frame: longer forms of a length allowed", "FrameReaderTests", "Framing/FrameHeader.swift",
         "guard length >= 126 else {", "guard length >= 0 else {"),
        ("frame: mask not asked for", "FrameReaderTests", "Framing/FrameHeader.swift",
         "guard masked == (rules.role == .server) else {", "guard masked || !masked else {"),
        ("frame: control frames of any length", "FrameReaderTests|ConnectionTests", "Framing/FrameHeader.swift",
         "if opcode.isControl, lengthBytes > 0 {", "if opcode.isControl, lengthBytes > 8 {"),
        ("message: sum of fragments not checked", "MessageAssemblerTests|ConnectionTests",
         "Message/MessageAssembler.swift",
         "message.payload.readableBytes + span.frameBytes > limits", "span.frameBytes > limits"),
        ("message: fragments not counted", "MessageAssemblerTests", "Message/MessageAssembler.swift",
         "guard message.fragments < limits.maximumFragments + earned else {", "guard earned >= 0 else {"),
        ("message: UTF-8 of a text not checked", "MessageAssemblerTests|ConnectionTests",
         "Message/MessageAssembler.swift",
         "guard valid else { throw Self.notText }", "guard valid || !valid else { throw Self.notText }"),
        ("message: UTF-8 of a text in one frame not checked", "ConnectionTests", "Message/MessageAssembler.swift",
         "if span.opcode == .text, !payload.with", "if span.opcode == .ping, !payload.with"),
        ("message: unfinished ones of a loop not bounded", "IncompleteMessageTests",
         "Connection/WebSocketConnection+Receive.swift",
         "guard more > 0, loop.incompleteBytes > configuration.limits.maximumIncompleteBytesPerLoop else",
         "guard more > 0, loop.incompleteBytes == .max else"),
        ("message: unfinished ones have all the time", "TimeAndFloodTests",
         "Connection/WebSocketConnection+Timers.swift",
         "guard now >= since + time else { return since + time }",
         "guard now >= since + time * 99 else { return since + time * 99 }"),
        ("deflate: limit not kept", "DeflateTests|ConnectionTests", "Deflate/Inflater.swift",
         "let left = limit - out.readableBytes", "let left = max(1 << 16, limit - out.readableBytes)"),
        ("close: any code taken", "ClosePayloadTests", "Framing/ClosePayload.swift",
         "guard code.isValidOnTheWire else {", "guard code.rawValue >= 0 else {"),
        ("floods: control frames not counted", "TimeAndFloodTests", "Connection/WebSocketConnection+Receive.swift",
         "at: now, perSecond: limits.controlFramesPerSecond, burst: limits.controlFrameBurst)",
         "at: now, perSecond: limits.controlFramesPerSecond, burst: .max >> 32)"),
        ("origin: pages of other hosts let in", "HandshakeTests", "Handshake/OriginPolicy.swift",
         "case .sameHost: return asked.isHost(host)", "case .sameHost: return !asked.host.isEmpty"),
        ("origin: a suffix of the host suffices", "HandshakeTests", "Handshake/OriginPolicy.swift",
         "guard let (host, port) = Self.hostAndPort(header), host == self.host else { return false }",
         "guard let (host, port) = Self.hostAndPort(header), self.host.hasPrefix(host) else { return false }"),
    ),
    # Order, exactly once, resume, budgets.
    *of(
        "WeirCoreTests", "Sources/WeirCore",
        ("erase: the user comes in before all are done", "ErasureTests", "Shard/ShardCore+Erase.swift",
         "erasing[key] = count > 1 ? count - 1 : nil", "erasing[key] = count > 9 ? count - 1 : nil"),
        ("erase: its own end is forgotten", "ErasureTests", "Shard/ShardCore+Erase.swift",
         "JournalEntry(writes: [.eraseUser(user)]), isDroppable: false)", "JournalEntry(writes: [.eraseUser(user)]))"),
        ("memory: nothing ends while no answer has text", "StreamTests", "Shard/ShardCore+Timers.swift",
         "heaviest.text > 0 || heaviest.around > 0,", "heaviest.text > 0,"),
        ("send: acknowledged before it is durable", CORE, "Shard/ShardCore+Send.swift",
         "    let begun = effects.now\n    state.appendsUnderWay += 1\n",
         "    let begun = effects.now\n    state.appendsUnderWay += 1\n"
         "    acknowledge(request.clientMessageID, sent, duplicate: false, reply)\n"),
        ("send: the journal does not look for doubles", CORE, "Shard/ShardCore+Send.swift",
         "entry = JournalEntry(writes: writes, unlessSent: (user, request.clientMessageID))",
         "entry = JournalEntry(writes: writes)"),
        ("send: a stale revision taken", CORE, "Shard/ShardCore+Send.swift",
         "if let expected = request.expectedRevision, expected != state.info.revision {",
         "if let expected = request.expectedRevision, expected > .max - 1 {"),
        ("resume: one byte too far", CORE, "Shard/ShardCore+Resume.swift",
         "device.subscriptions.first { $0.turn === turn }?.cursor = offset",
         "device.subscriptions.first { $0.turn === turn }?.cursor = min(offset + 1, turn.log.count)"),
        ("stream: credit not used up", CORE, "Shard/ShardCore+Stream.swift",
         "device.credit? -= UInt64(end - start)", "device.credit? -= UInt64(end - end)"),
        ("stream: characters cut", CORE, "Stream/UTF8Cut.swift",
         "while end > start, bytes[end] & 0xC0 == 0x80 { end -= 1 }", "while end > start, bytes[end] == 0 { end -= 1 }"),
        ("stream: text shown before its turn is durable", CORE, "Shard/ShardCore+Stream.swift",
         "guard turn.isStartDurable || subscription.cursor == turn.log.count else {",
         "guard turn.isStartDurable || turn.id > 0 else {"),
        ("budget: settled twice", CORE, "Limits/UserLimits.swift",
         "state.dayTokens &+= used\n", "state.dayTokens &+= used &+ used\n"),
        ("budget: nothing held for running turns", CORE, "Limits/UserLimits.swift",
         "reservedTokens &+= tokens\n", "reservedTokens &+= tokens &- tokens\n"),
        ("users: told apart by what a reader sees", CORE, "Session/ByteKey.swift",
         "bytes = Array(text.utf8)", "bytes = text.map { UInt8(truncatingIfNeeded: $0.hashValue) }"),
        ("devices: as many as they like", CORE, "Shard/ShardCore+Connect.swift",
         "< settings.maximumDevicesPerUser else {", "< settings.maximumDevicesPerUser << 20 else {"),
        ("hello: follows without bound", CORE, "Shard/ShardCore+Connect.swift",
         "    for id in hello.follow.prefix(limit) where Self.isValid(conversationID: id) {\n"
         "      guard session.pendingRequests < limit else { return false }\n",
         "    for id in hello.follow.prefix(limit) where Self.isValid(conversationID: id) {\n"),
        ("hello: remembers what is not there", CORE, "Shard/ShardCore+Connect.swift",
         "if state.exists { follow(state, device) } else { forget(state, in: session) }",
         "if state.exists { follow(state, device) }"),
    ),
    # The disk.
    *of(
        "WeirCoreTests", "Sources/WeirCore",
        ("dead device: its list is emptied while it is walked", "FoundByAttackTests", "Shard/ShardCore+Stream.swift",
         """        device.subscriptions.remove(at: index)
        drop(subscription)
        device.link.send(ServerFrame(frame: ending))
""", """        device.link.send(ServerFrame(frame: ending))
        device.subscriptions.remove(at: index)
        drop(subscription)
"""),
        ("title: of any length", "FoundByAttackTests", "Shard/ShardCore+Send.swift",
         "return title.utf8.count <= titleBytes ?", "return !title.isEmpty ?"),
    ),
    # What a provider may send.
    *of(
        "WeirUpstreamTests", "Sources/WeirUpstream",
        ("provider: unasked responses are read", "DriverFaultTests", "Curl/IdleSockets.swift",
         "shutdown(socket, Int32(SHUT_RDWR))", "_ = socket"),
        ("provider: any number of waiting parts", "ChatPartsTests", "Call/AnswerParts.swift",
         "if partCount + waiting.count < Self.maximumParts {", "if partCount >= 0 {"),
    ),
    *of(
        "WeirStoreTests", "Sources/WeirStore",
        ("journal: no fsync", STORE, "RocksDB/WriteBatch.swift",
         "rocksdb_writeoptions_set_sync(options, level == .synced ? 1 : 0)",
         "rocksdb_writeoptions_set_sync(options, level == .synced ? 0 : 0)"),
        ("journal: answered before it is written", STORE, "Journal/JournalLoop.swift",
         "      try write()\n      let verdicts = verdicts\n      answer(batch) { verdicts[$0].result }\n",
         "      let verdicts = verdicts\n      answer(batch) { verdicts[$0].result }\n      try write()\n"),
        ("journal: the writes of an entry in another order", STORE, "Journal/BatchBuilder.swift",
         "for (place, write) in entry.writes.enumerated() {", "for (place, write) in entry.writes.enumerated().reversed() {"),
        ("journal: half an entry stays", STORE, "Journal/BatchBuilder.swift",
         "        try batch.rollBack()\n", ""),
        ("journal: doubles not looked for", STORE, "Journal/BatchBuilder.swift",
         "if let (user, id) = entry.unlessSent, let known", "if let (user, id) = entry.unlessSent, user.isEmpty, let known"),
        ("journal: goes on after a failed commit", STORE, "Journal/JournalLoop.swift",
         "      state.fail(error)\n", ""),
        ("keys: a user's length left out", STORE, "Layout/KeyLayout.swift",
         "    prefix.append(UInt8(count >> 8))\n    prefix.append(UInt8(count & 0xFF))\n",
         "    prefix.append(0)\n    prefix.append(0)\n"),
        ("keys: a conversation's length left out", STORE, "Layout/KeyLayout.swift",
         "        $0.append(UInt8(id.utf8.count))\n        $0.append(contentsOf: id.utf8)\n",
         "        $0.append(1)\n        $0.append(contentsOf: id.utf8)\n"),
    ),
    # Who may do what.
    *of(
        "WeirServerTests", "Sources/WeirServer",
        ("token: signature not checked", "TokenTests|AuthenticatorTests|KeyTests", "Auth/TokenVerifier.swift",
         "guard candidates.contains(where: { $0.isValid(signature: signature, over: signed) }) else {",
         "guard !candidates.isEmpty, !signature.isEmpty, !signed.isEmpty else {"),
        ("token: exp not checked", "TokenTests", "Auth/TokenVerifier.swift",
         "if let expiresAt, now >= expiresAt.addingClamped(leewaySeconds) {", "if let expiresAt, now < .min + expiresAt % 1 {"),
        ("token: its algorithm not held against the key", "TokenTests", "Auth/TokenVerifier.swift",
         "keys.filter { $0.algorithm.rawValue == header.alg }", "keys.filter { _ in header.alg != \"\" }"),
        ("token: audience not checked", "TokenTests", "Auth/TokenVerifier.swift",
         "if let audience, claims.aud?.names.contains(audience) != true {", "if let audience, audience.isEmpty {"),
        ("open server: any host name", "AuthenticatorTests", "Auth/Authenticator.swift",
         "!Loopback.isName(host) {", "host.isEmpty {"),
        ("admin: any secret", "Admin", "Admin/AdminGate.swift",
         "SHA256.hash(data: Array(token.utf8)) == digest", "SHA256.hash(data: Array(token.utf8)) != digest || !token.isEmpty"),
        ("logs: Authorization in clear", "RedactionTests|Redaction|Logging", "Logging/Redaction.swift",
         "if secretHeaders.contains(name) { return mark }", "if name.isEmpty { return mark }"),
        ("http: body not bounded", "BodyLimitTests|HTTPExchangeTests", "HTTP/HTTPExchangeHandler.swift",
         "if incoming.bodyBytes > limit {", "if incoming.bodyBytes < 0 {"),
        ("http: bodies together not bounded", "BodyLimitTests", "HTTP/BodyRoom.swift",
         "if sum > room.limitBytes, sum > bytes + more {", "if sum > .max - 1, sum > bytes + more {"),
        ("http: two hosts taken", "HTTPExchangeTests", "HTTP/HTTPExchangeHandler.swift",
         "head.headers[\"host\"].count != 1 {", "head.headers[\"host\"].isEmpty {"),
    ),
]

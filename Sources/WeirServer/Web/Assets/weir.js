// The client of a Weir server, described in weir.d.ts. Few comments keep it under 12 KiB gzipped.

export const version = "0.1.0"

// MARK: Codec

// Each message of schemas/weir/v1 with its fields by number. Without a type: string; u: uint64, w: uint32, b: bool;
// "Name" is "name:Name"; "*": repeated; "?": in a oneof.
const schema = `ClientFrame requestId:u Hello? OpenConversation? ListConversations? RenameConversation? DeleteConversation? GetHistory? SendMessage? StopTurn? ContinueTurn? RegenerateTurn? SubscribeTurn? GrantCredit? Ping? UnsubscribeTurn? GetUsage?
Hello version:w agent credit:u resume:SubscribeTurn* follow*
OpenConversation conversationId title
ListConversations limit:w cursor
RenameConversation conversationId title
DeleteConversation conversationId
GetHistory conversationId beforeSequence:u limit:w
SendMessage conversationId clientMessageId parts:Part* expectedRevision:u? onConflict:ConflictPolicy acks:AckLevel* model lane deadlineMs:w toolsJson noCache:b
StopTurn turnId:u
ContinueTurn conversationId turnId:u
RegenerateTurn conversationId turnId:u model
SubscribeTurn turnId:u offset:u
UnsubscribeTurn turnId:u
GetUsage
GrantCredit bytes:u
Ping nonce:u
ServerFrame requestId:u Delta? Welcome? ConversationOpened? ConversationList? ConversationChanged? ConversationDeleted? HistoryPage? Ack? MessageAdded? TurnStarted? QueuePosition? TurnFinished? TurnFailed? Subscribed? Pong? Error? Goodbye? TurnSeam? UsageReport?
Welcome version:w server user capabilities* serverTimeMs:u maxMessageBytes:u idlePingMs:w models* resumed:TurnStatus* plan lanes*
ConversationOpened Conversation created:b turns:TurnStatus*
ConversationList conversations:Conversation* nextCursor
ConversationChanged Conversation
ConversationDeleted conversationId
HistoryPage conversationId messages:Message* hasMore:b revision:u turns:TurnStatus*
Ack clientMessageId level:AckLevel conversationId sequence:u turnId:u revision:u duplicate:b
MessageAdded conversationId Message revision:u
TurnStarted turnId:u conversationId questionSequence:u answerSequence:u model continuesTurnId:u replacesTurnId:u offset:u cached:b
QueuePosition turnId:u position:w lane estimateMs:w reason:QueueReason
Delta turnId:u offset:u text kind:PartKind toolCallId toolName
TurnSeam turnId:u offset:u reason:Error fromEndpoint toEndpoint
TurnFinished turnId:u conversationId reason:FinishReason Usage sequence:u length:u revision:u cached:b
TurnFailed turnId:u conversationId Error partialKept:b sequence:u length:u revision:u
Subscribed status:TurnStatus offset:u Message
UsageReport plan lane limits:LimitState*
Pong nonce:u
Goodbye code:ErrorCode message reconnectAfterMs:w
LimitState name limit:u remaining:u resetAfterMs:u
Error code:ErrorCode message retryable:b retryAfterMs:w revision:u limit:LimitState
Part text? Reasoning? ToolCall? ToolResult?
Reasoning text signature
ToolCall id name arguments
ToolResult toolCallId text failed:b
Usage inputTokens:u outputTokens:u cachedInputTokens:u estimated:b reasoningTokens:u
Message sequence:u Role parts:Part* createdAtMs:u turnId:u clientMessageId status:MessageStatus FinishReason Usage model Error promptVersion cached:b toolsJson
Conversation id title createdAtMs:u updatedAtMs:u revision:u lastSequence:u
TurnStatus turnId:u conversationId state:TurnState length:u`

const enums = `Role unspecified system user assistant tool
MessageStatus unspecified complete streaming stopped interrupted superseded
FinishReason unspecified complete length content_filter tool_calls stopped
AckLevel unspecified accepted durable started done
ConflictPolicy unspecified queue interrupt reject
TurnState unspecified queued running finished failed unknown
ErrorCode unspecified invalid_argument unauthenticated permission_denied not_found stale_revision turn_running overloaded rate_limited too_large not_saved upstream_failed upstream_timeout upstream_rejected upstream_overloaded interrupted shutting_down internal abandoned budget_exceeded deadline_exceeded
PartKind text reasoning toolArguments
QueueReason unspecified capacity rate_limit provider_down retry conversation user_limit`

const table = text => Object.fromEntries(text.split("\n").map(line => [line.match(/\w+/)[0], line.split(" ").slice(1)]))
const words = table(enums)
const messages = table(schema)
for (const name in messages) {
  messages[name] = messages[name].map((field, index) => {
    const [, key, type = /^[A-Z]/.test(key) ? key : "s", mark] = /(\w+)(?::(\w+))?(\W?)/.exec(field)
    const nested = type in messages
    return {
      number: index + 1, key: key[0].toLowerCase() + key.slice(1), type, nested, words: words[type],
      wire: nested || type === "s" ? 2 : 0, many: mark === "*", one: mark === "?",
      zero: words[type]?.[0] ?? { s: "", b: false }[type] ?? 0,
    }
  })
}

const utf8 = new TextEncoder()
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const size = text => utf8.encode(text).length

const varint = value => {
  const bytes = []
  for (value = BigInt.asUintN(64, BigInt(value)); value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128)
  return [...bytes, Number(value)]
}

export function encode(type, value) {
  const chunks = []
  const block = (tag, bytes) => chunks.push(varint(tag), varint(bytes.length), bytes)
  const number = (field, value) => {
    const word = field.words?.indexOf(value)
    try {
      return varint(word >= 0 ? word : value)
    } catch {
      throw problem("invalid_argument", `"${value}" does not fit "${field.key}"; correct it.`)
    }
  }
  for (const field of messages[type]) {
    const { nested, many } = field
    const item = value[field.key]
    const tag = field.number * 8 + field.wire
    if (item == null || !many && !field.one && !nested && (!item || item === field.zero)) continue
    if (field.wire) {
      for (const one of many ? item : [item]) block(tag, nested ? encode(field.type, one) : utf8.encode(one))
    } else if (!many) chunks.push(varint(tag), number(field, item))
    else if (item.length) block(tag + 2, item.flatMap(one => number(field, one)))
  }
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

export function decode(type, bytes) {
  let at = 0
  const fail = () => { throw problem("protocol_violation", "The server sent no frame of Weir; check the URL.") }
  const varint = end => {
    const start = at
    let value = 0
    for (let scale = 1; at < end && at < start + 10; scale *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * scale
      if (byte > 127) continue
      if (value < 2 ** 53) return value
      let exact = 0n
      for (let index = at; index-- > start; ) exact = exact << 7n | BigInt(bytes[index] & 127)
      exact = BigInt.asUintN(64, exact)
      return exact < 2n ** 53n ? Number(exact) : exact
    }
    return fail()
  }
  const blockEnd = end => {
    const length = varint(end)
    return length <= end - at ? at + length : fail()
  }
  const scalar = (field, end) => {
    if (field.wire) {
      const stop = blockEnd(end)
      return strict.decode(bytes.subarray(at, at = stop))
    }
    const value = varint(end)
    if (field.type === "u") return value
    if (field.type === "b") return value !== 0
    const low = Number(BigInt.asUintN(32, BigInt(value)))
    return field.words ? field.words[low] ?? low | 0 : low
  }
  const message = (type, end, value) => {
    const fields = messages[type]
    if (!value) {
      value = {}
      for (const { key, many, one, nested, zero } of fields) if (many || !one && !nested) value[key] = many ? [] : zero
    }
    while (at < end) {
      const tag = varint(end)
      const wire = tag % 8
      const field = fields[(tag - wire) / 8 - 1]
      if (tag < 8 || tag >= 2 ** 32) fail()
      const isPacked = field?.many && !field.wire && wire === 2
      if (!field || wire !== field.wire && !isPacked) {
        if (wire === 0) varint(end)
        else at = wire === 1 ? at + 8 : wire === 2 ? blockEnd(end) : wire === 5 ? at + 4 : fail()
        if (at > end) fail()
        continue
      }
      const { key, many } = field
      if (field.one) for (const other of fields) if (other.one && other !== field) delete value[other.key]
      const stop = field.nested || isPacked ? blockEnd(end) : end
      do {
        const item = field.nested ? message(field.type, stop, many ? undefined : value[key]) : scalar(field, stop)
        if (!many) value[key] = item
        else if (value[key].push(item) > 10_000) fail()
      } while (isPacked && at < stop)
    }
    return value
  }
  try {
    return message(type, bytes.length)
  } catch {
    return fail()
  }
}

// MARK: Small things

export class WeirError extends Error {
  constructor({ code, message, retryable = false, retryAfterMs = 0, revision = 0, limit }, partial) {
    super(message || code)
    Object.assign(this, { name: "WeirError", code, retryable, retryAfterMs, revision, limit, partial })
  }
}

const problem = (code, message, retryable) => new WeirError({ code, message, retryable })
const connectionLost = message => problem("connection_lost", message, true)
const closed = () => problem("closed", "The client is closed; make a new one.")
const nothing = () => {}
const randomId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("")
const readable = message => Object.assign(message, { text: message.parts.map(part => part.text ?? "").join("") })

const piecesOf = parts => parts.flatMap(({ text, reasoning, toolCall }) => toolCall
  ? [{ kind: "toolCall", text: "", id: toolCall.id, name: toolCall.name }, { kind: "toolArguments", text: toolCall.arguments }]
  : { kind: reasoning ? "reasoning" : "text", text: text ?? reasoning?.text ?? "" })

const deferred = () => {
  let ends
  const promise = new Promise((resolve, reject) => { ends = { resolve, reject } })
  promise.catch(nothing)
  return Object.assign(promise, ends)
}

class Emitter {
  _listeners = {}

  on(event, listener) {
    const list = this._listeners[event] ??= new Set()
    list.add(listener)
    return () => void list.delete(listener)
  }

  _emit(event, ...values) {
    for (const listener of this._listeners[event] ?? []) {
      try {
        listener(...values)
      } catch (error) {
        queueMicrotask(() => { throw error })
      }
    }
  }
}

// MARK: Stores of the queue

const memoryStore = (entries = new Map()) => ({
  all: async () => [...entries.values()],
  put: async entry => entries.set(entry.id, entry),
  delete: async id => entries.delete(id),
})

const indexedDBStore = () => {
  const finished = (target, request = target) => new Promise((resolve, reject) => {
    target.onsuccess = target.oncomplete = () => resolve(request.result)
    target.onerror = target.onabort = () => reject(target.error)
  })
  const request = indexedDB.open("weir", 1)
  request.onupgradeneeded = () => request.result.createObjectStore("queue", { keyPath: "id" })
  const opened = finished(request)
  // Transactions run in order: a delete never overtakes its put.
  const run = (method, value) => opened.then(database => {
    const transaction = database.transaction("queue", method === "getAll" ? "readonly" : "readwrite")
    return finished(transaction, transaction.objectStore("queue")[method](value))
  })
  return { all: () => run("getAll"), put: entry => run("put", entry), delete: id => run("delete", id) }
}

// MARK: Weir

const maximumWaitingBytes = 8 * 1024 * 1024
const maximumFollowed = 16
const stableAfter = 5_000
const closeReasons = {
  4401: ["unauthenticated", "The token is no longer valid; sign in again."],
  4403: ["permission_denied", "The server does not allow this; ask its operator."],
  1009: ["too_large", "The message is too large; shorten it."],
}
/** Over something sent: sent again it would bring the same end. */
const blamingCodes = [1002, 1003, 1007, 1009, 1010]

export class Weir extends Emitter {
  state = "connecting"
  _isOpen = false
  _unread = 0
  _asking = new Map()
  _timing = { backoff: 250, backoffLimit: 15_000, connect: 10_000, idle: 15_000, pong: 10_000, request: 30_000 }
  _ungranted = 0
  ready = deferred()
  _lastId = 0
  _failures = 0
  _readySince = 0
  _lastHeard = 0
  _conversations = new Map()
  _turns = new Map()
  _waiting = new Map()
  _requests = new Map()
  _followed = []
  _mine = new Set()
  _owner = randomId()
  _undo = []

  constructor(options = {}) {
    super()
    this._options = options
    Object.assign(this._timing, options.timing)
    this._window = options.credit ?? 262_144
    this._url = new URL(options.url ?? "/", globalThis.location?.href)
    this._url.protocol = this._url.protocol.replace("http", "ws")
    this._url.hash = ""
    const storage = options.storage ?? (globalThis.indexedDB ? "indexeddb" : "memory")
    this._store = storage === "indexeddb" ? indexedDBStore() : storage === "memory" ? memoryStore() : storage
    globalThis.navigator?.locks?.request(`weir.${this._owner}`, () => new Promise(free => this._undo.push(free))).catch(nothing)
    this._watchPage()
    this._connect()
  }

  conversation(id = randomId()) {
    if (!this._conversations.has(id)) this._conversations.set(id, new Conversation(this, id))
    return this._conversations.get(id)
  }

  conversations(options = {}) {
    return this._ask("listConversations", options)
  }

  usage() {
    return this._ask("getUsage", {})
  }

  async queued() {
    const waiting = [...this._waiting.values()].map(answer => answer._entry)
    const entries = new Map([...await this._stored(), ...waiting].map(entry => [entry.id, entry]))
    return [...entries.values()].sort((one, other) => one.queuedAtMs - other.queuedAtMs)
      .map(({ id, queuedAtMs, message: { conversationId, parts } }) =>
        ({ clientMessageId: id, conversationId, parts, queuedAtMs, answer: this._waiting.get(id) }))
  }

  reconnect() {
    if (this.state === "offline") this._connect()
  }

  close() {
    this._close(closed())
  }

  // MARK: Connecting

  _setState(state, error) {
    this.state = state
    this._emit("state", state, error)
  }

  async _connect() {
    clearTimeout(this._reconnectTimer)
    const attempt = this._attempt = {}
    const isOld = () => this._attempt !== attempt
    await null // Who made this client can listen first.
    if (isOld()) return
    this._setState("connecting")
    let { token, user, webSocket = globalThis.WebSocket } = this._options
    const url = new URL(this._url)
    let socket
    try {
      if (typeof token === "function") token = await token()
      if (isOld()) return
      if (user && !token) url.searchParams.set("user", user)
      socket = this._socket = new webSocket(url, token ? ["weir.v1", `weir.token.${token}`] : ["weir.v1"])
    } catch (error) {
      if (isOld()) return
      if (error?.retryable === false) return this._close(error)
      return this._lost(connectionLost(`There is no connection (${error?.message}); it is tried again.`))
    }
    socket.binaryType = "arraybuffer"
    this._expect(this._timing.connect)
    socket.onopen = () => isOld() || this._opened()
    socket.onmessage = ({ data }) => isOld() || this._received(data)
    const ended = async ({ code }) => {
      if (isOld()) return
      const error = await this._reason(code, token)
      if (!isOld()) this._lost(error, code)
    }
    socket.onclose = ended
    // All that Node 20 says of a refused upgrade.
    socket.onerror = event => this._isOpen || ended(event)
  }

  async _reason(code, token) {
    if (!this._isOpen && token) {
      // A browser does not say why an upgrade was refused; HTTP tells if it was the token.
      try {
        const headers = { authorization: `Bearer ${token}` }
        code = 4000 + (await fetch(new URL("/v1/models", this._url.href.replace("ws", "http")), { headers })).status
      } catch {
      }
    }
    if (closeReasons[code]) return problem(...closeReasons[code])
    if (this._goodbye) return new WeirError({ ...this._goodbye, retryable: true })
    return connectionLost(`There is no connection (${code}); it is tried again.`)
  }

  _opened() {
    if (this._socket.protocol !== "weir.v1") {
      return this._drop(problem("protocol_violation", "The server sent no frame of Weir; check the URL.", true))
    }
    this._isOpen = true
    this._ungranted = 0
    this._send("hello", {
      version: 1, agent: this._options.agent ?? `weir.js/${version}`,
      credit: this._window && Math.max(this._window - this._unread, 1),
      resume: Array.from(this._turns.values(), ({ turnId, length }) => ({ turnId, offset: length })),
      follow: this._followed.map(conversation => conversation.id),
    })
    for (const [id, { kind, body }] of this._requests) this._send(kind, body, id)
    for (const answer of this._waiting.values()) this._sendFrame(answer)
    for (const answer of this._turns.values()) answer._sendStop()
    this._heard()
    this._watchSilence()
  }

  /** Does not wait for a peer that may be gone. */
  _drop(error) {
    const socket = this._socket
    this._lost(error)
    socket.close()
  }

  _lost(error, code) {
    if (this.state === "online" && Date.now() - this._readySince >= stableAfter) this._failures = 0
    if (["unauthenticated", "permission_denied"].includes(error.code) && typeof this._options.token !== "function") {
      return this._close(error)
    }
    this._clear()
    for (const answer of this._turns.values()) Object.assign(answer, { _asking: false, _fruitless: 0 })
    for (const conversation of this._followed) conversation._away ??= conversation._revision
    const isBlamed = blamingCodes.includes(code)
    for (const [id, answer] of this._asking) {
      if (!answer._kind) this._asking.delete(id)
      else if (!this._waiting.has(answer.clientMessageId)) {
        answer._fail("connection_lost", "There is no connection; read the history, then try again.", true)
      } else if (isBlamed && answer._isSent) answer._conclude(undefined, error)
    }
    if (isBlamed) for (const id of this._requests.keys()) this._reply(id).reject(error)
    const { backoff, backoffLimit } = this._timing
    let delay = Math.random() * Math.min(backoffLimit, backoff * 2 ** this._failures++)
    if (this._goodbye?.reconnectAfterMs) {
      delay = this._goodbye.reconnectAfterMs
      this._failures = 0
    }
    this._goodbye = undefined
    error.retryAfterMs = Math.round(delay)
    this._reconnectTimer = setTimeout(() => this._connect(), delay)
    this._setState("offline", error)
  }

  _clear() {
    this._isOpen = false
    this._attempt = undefined
    clearTimeout(this._reconnectTimer)
    clearTimeout(this._idleTimer)
    this._expect(this._patience = 0)
  }

  _close(error) {
    if (this.state === "closed") return
    this._clear()
    this._setState("closed", error)
    this._socket?.close()
    this.ready.reject(error)
    for (const id of this._requests.keys()) this._reply(id).reject(error)
    for (const { answers } of this._conversations.values()) for (const answer of answers) answer._conclude(undefined, error)
    for (const undo of this._undo) undo()
  }

  // MARK: Silence

  /** Only a pong answers; what was under way before gives it time. */
  _heard(pong) {
    this._lastHeard = Date.now()
    if (pong) this._patience = 0
    this._expect(this._patience)
  }

  /** A pulled cable says nothing: ask. */
  _watchSilence() {
    const { idle, pong } = this._timing
    const left = this._lastHeard + idle - Date.now()
    if (left <= 0 && !this._pongTimer) this._probe(pong)
    this._idleTimer = setTimeout(() => this._watchSilence(), left > 0 ? left : idle)
  }

  _probe(patience) {
    if (this._send("ping", { nonce: 1 })) this._expect(this._patience = patience)
  }

  _expect(patience) {
    clearTimeout(this._pongTimer)
    this._pongTimer = patience && setTimeout(() => this._drop(connectionLost("The server does not answer; it is tried again.")), patience)
  }

  /** The page was away, or the network changed. */
  _watchPage() {
    const check = event => {
      if (globalThis.document?.visibilityState === "hidden") return
      if (event.type !== "offline") this.reconnect()
      // A server on this machine needs no network.
      this._probe(this._timing.pong / 3)
    }
    for (const event of ["online", "offline", "pageshow", "visibilitychange"]) {
      globalThis.addEventListener?.(event, check)
      this._undo.push(() => globalThis.removeEventListener?.(event, check))
    }
  }

  // MARK: Sending

  _newId() {
    return ++this._lastId
  }

  _send(kind, body, requestId = 0) {
    if (this._isOpen) this._socket.send(encode("ClientFrame", { requestId, [kind]: body }))
    return this._isOpen
  }

  _refund(bytes) {
    this._ungranted += bytes
    if (!this._window || this._ungranted < Math.max(this._window / 4, 1)) return
    this._send("grantCredit", { bytes: this._ungranted })
    this._ungranted = 0
  }

  /** For what can be asked twice: a lost connection only delays the answer. */
  async _ask(kind, body) {
    if (this.state === "closed") throw closed()
    encode("ClientFrame", { [kind]: body })
    const id = this._newId()
    const reply = deferred()
    const late = () => this._reply(id).reject(problem("timeout", "The server does not answer; try again.", true))
    this._requests.set(id, Object.assign(reply, { kind, body, timer: setTimeout(late, this._timing.request) }))
    this._send(kind, body, id)
    return reply
  }

  _reply(id) {
    const request = this._requests.get(id)
    this._requests.delete(id)
    clearTimeout(request?.timer)
    return request
  }

  /** Sent with every connection until acknowledged. `entry`: the store's. */
  _say(conversation, message, entry) {
    const id = message.clientMessageId
    if (this._waiting.has(id)) return this._waiting.get(id)
    const answer = new Answer(conversation, "sendMessage", message)
    try {
      const limit = this.info?.maxMessageBytes || Infinity
      const bytes = answer._bytes = encode("SendMessage", message).length
      const sum = Array.from(this._waiting.values()).reduce((sum, other) => sum + other._bytes, bytes)
      if (this.state === "closed") throw closed()
      if (bytes + 64 > limit) throw problem("too_large", `The message is too large (${limit} bytes); shorten it.`)
      if (sum > maximumWaitingBytes && !entry) throw problem("overloaded", "Too many messages wait; try again.", true)
    } catch (error) {
      return this._refuse(answer, error)
    }
    answer._isInherited = entry !== undefined
    answer._entry = entry ?? { id, url: this._place, user: this._user, owner: this._owner, queuedAtMs: Date.now(), message }
    this._waiting.set(id, answer)
    this._mine.add(id)
    if (this._mine.size > 1_000) this._mine.delete(this._mine.values().next().value)
    this._keep(answer._entry)
    return this._sendFrame(answer)
  }

  /** With a frame that must not be repeated: the server would not know it again. */
  _begin(conversation, kind, body) {
    const answer = new Answer(conversation, kind, body)
    if (this._isOpen) return this._sendFrame(answer)
    return this._refuse(answer, this.state === "closed" ? closed() : connectionLost("There is no connection; try again."))
  }

  _refuse(answer, error) {
    queueMicrotask(() => answer._conclude(undefined, error))
    return answer
  }

  _sendFrame(answer) {
    const { _kind, _body, _requestId, conversation } = answer
    this._asking.set(_requestId, answer)
    this._follow(conversation)
    answer._isRepeated = answer._isSent || answer._isInherited
    answer._isSent = this._send(_kind, _body, _requestId) || answer._isSent
    return answer
  }

  _follow(conversation) {
    this._followed = [...this._followed.filter(other => other !== conversation), conversation].slice(-maximumFollowed)
  }

  // MARK: What outlives the page

  get _place() {
    return this._url.origin + this._url.pathname
  }

  get _user() {
    return this.info?.user ?? this._options.user ?? ""
  }

  _keep(entry) {
    // Where the store fails (a private window) the message is in memory.
    this._store.put(entry).catch(nothing)
  }

  /** Whose an entry without a user is, is known only without tokens. */
  async _stored() {
    const all = await this._store.all().catch(() => [])
    return all.filter(({ url, user }) =>
      url === this._place && (user === this._user || !user && !this._options.token))
  }

  /** Takes over what pages left that are gone: a page holds a lock while it lives. */
  async _inherit() {
    const locks = globalThis.navigator?.locks
    const take = async () => {
      const held = (await locks?.query())?.held.map(lock => lock.name) ?? []
      for (const entry of await this._stored()) {
        if (held.includes(`weir.${entry.owner}`) || this._mine.has(entry.id)) continue
        const { message } = entry
        const mine = { ...entry, owner: this._owner, user: this._user }
        this._say(this.conversation(message.conversationId), message, mine)
      }
    }
    await (locks ? locks.request("weir", take) : take())
  }

  _forget(answer) {
    if (this._turns.get(answer.turnId) === answer) this._turns.delete(answer.turnId)
    for (const [id, other] of this._asking) if (other === answer) this._asking.delete(id)
    this._settled(answer)
  }

  /** What a closed client had not sent stays in the store. */
  _settled(answer) {
    const { clientMessageId } = answer
    if (this._waiting.get(clientMessageId) !== answer) return
    this._waiting.delete(clientMessageId)
    if (this.state !== "closed") this._store.delete(clientMessageId).catch(nothing)
  }

  // MARK: Receiving

  _received(data) {
    let frame
    try {
      frame = decode("ServerFrame", new Uint8Array(data))
    } catch (error) {
      return this._drop(error)
    }
    this._heard(frame.pong)
    const { requestId, ...kinds } = frame
    for (const kind in kinds) {
      this._on[kind]?.(kinds[kind], requestId)
      this._reply(requestId)?.resolve(kinds[kind])
    }
  }

  _on = {
    delta: delta => {
      const answer = this._turns.get(delta.turnId)
      if (answer) answer._receive(delta)
      else this._refund(size(delta.text))
    },
    welcome: ({ resumed, ...info }) => {
      const isFirst = !this.info
      this.info = info
      this._readySince = Date.now()
      this._setState("online")
      this.ready.resolve(info)
      if (isFirst) for (const { _entry } of this._waiting.values()) this._keep(Object.assign(_entry, { user: info.user }))
      const live = resumed.filter(status => status.state !== "unknown").map(status => status.turnId)
      for (const answer of this._turns.values()) if (!live.includes(answer.turnId)) answer._subscribe()
      for (const conversation of this._followed) this._catchUp(conversation)
      this._inherit().catch(nothing)
    },
    conversationOpened: opened => {
      const conversation = this._changed(opened.conversation)
      this._follow(conversation)
      opened.answers = opened.turns.map(({ turnId }) => this._takeUp(conversation, turnId))
    },
    conversationChanged: ({ conversation }) => this._changed(conversation),
    conversationDeleted: ({ conversationId }) => this._deleted(conversationId),
    historyPage: page => {
      const conversation = this.conversation(page.conversationId)
      conversation._saw(page.revision)
      page.answers = page.turns.map(({ turnId }) => this._takeUp(conversation, turnId, true))
    },
    ack: ({ level, ...ack }, id) => {
      const answer = this._asking.get(id) ?? this._waiting.get(ack.clientMessageId)
      const { turnId } = ack
      // Accepted is not safe yet: the message stays until it is on disk.
      if (!answer?._kind || !turnId || level === "accepted") return
      this._settled(answer)
      this._asking.delete(answer._requestId)
      answer.conversation._saw(ack.revision)
      answer._kind = undefined
      answer.state = "waiting"
      answer.sent.resolve(ack)
      answer._emit("sent", ack)
      answer.turnId = turnId
      const other = this._turns.get(turnId)
      if (other) {
        // Taken up while the message was on its way: that one has the text.
        other.on("end", (message, error) => message ? answer._receiveWhole(message) : answer._conclude(message, error))
        return
      }
      this._turns.set(turnId, answer)
      if (answer._isInherited) answer.conversation._tell("answer", answer)
      if (ack.duplicate || answer._isRepeated) answer._subscribe()
      answer._sendStop()
    },
    messageAdded: ({ conversationId, message, revision }) => {
      const conversation = this.conversation(conversationId)
      conversation._saw(revision)
      if (message && !this._mine.has(message.clientMessageId)) conversation._tell("message", readable(message))
    },
    turnStarted: started => {
      const { turnId, conversationId, offset } = started
      const answer = this._takeUp(this.conversation(conversationId), turnId)
      if (!answer.started) answer._tell("started", started, { started, queue: undefined, state: "running" })
      // A continued answer: its beginning is missing here.
      if (offset > answer.length) answer._ask()
    },
    queuePosition: queue => this._turns.get(queue.turnId)?._tell("queue", queue, { queue }),
    turnFinished: finished => this._ended(finished),
    turnFailed: failed => this._ended(failed),
    turnSeam: seam => {
      const answer = this._turns.get(seam.turnId)
      if (answer && answer._seam !== seam.offset) answer._tell("seam", seam, { _seam: seam.offset })
    },
    subscribed: ({ status, offset, message }, id) => {
      this._asking.delete(id)
      const answer = this._turns.get(status?.turnId)
      if (!answer) return
      answer._asking = false
      if (message) answer._receiveWhole(message)
      else if (status.state === "unknown") {
        answer._fail("not_found", "The answer is not known; read the history instead.")
      } else if (offset > answer.length) answer._ask()
    },
    error: (fields, id) => {
      const error = new WeirError(fields)
      const request = this._reply(id)
      const answer = this._asking.get(id)
      if (request) request.reject(error)
      else if (!id) this._emit("error", error)
      // What a stopping server does not take goes to the next one.
      else if (error.code !== "shutting_down" || !this._waiting.has(answer?.clientMessageId)) answer?._conclude(undefined, error)
    },
    goodbye: goodbye => { this._goodbye = goodbye },
  }

  _changed(info = {}) {
    const conversation = this.conversation(info.id)
    conversation.info = info
    conversation._saw(info.revision)
    conversation._tell("conversation", info)
    return conversation
  }

  _deleted(conversationId) {
    const conversation = this.conversation(conversationId)
    this._followed = this._followed.filter(other => other !== conversation)
    conversation._tell("deleted")
    this._conversations.delete(conversationId)
  }

  _ended(end) {
    const answer = this._turns.get(end.turnId)
    answer?.conversation._saw(end.revision)
    answer?._ended(end)
  }

  _takeUp(conversation, turnId, asks) {
    const known = this._turns.get(turnId)
    if (known) return known
    const answer = new Answer(conversation)
    Object.assign(answer, { turnId, state: "waiting" })
    this._turns.set(turnId, answer)
    if (asks) answer._subscribe()
    conversation._tell("answer", answer)
    return answer
  }

  /** After a time away. */
  async _catchUp(conversation) {
    const seen = conversation._away
    conversation._away = undefined
    if (seen === undefined) return
    // First what is sent again: its turn is not another device's.
    await Promise.allSettled(Array.from(this._waiting.values(), answer => answer.sent))
    try {
      const page = await conversation._ask("getHistory", { limit: 1 })
      if (page.revision > seen) conversation._tell("missed")
    } catch (error) {
      if (error.code === "not_found" && seen) this._deleted(conversation.id)
    }
  }
}

// MARK: Conversation

export class Conversation extends Emitter {
  answers = []
  _revision = 0

  constructor(weir, id) {
    super()
    this._weir = weir
    this.id = id
  }

  open(title) {
    return this._ask("openConversation", { title })
  }

  async history({ before, limit } = {}) {
    const page = await this._ask("getHistory", { beforeSequence: before, limit })
    page.messages.forEach(readable)
    return page
  }

  send(content, { tools, clientMessageId = randomId(), ...options } = {}) {
    const toolsJson = typeof tools === "object" ? JSON.stringify(tools) : tools
    const parts = typeof content === "string" ? [{ text: content }] : content
    return this._weir._say(this, { ...options, conversationId: this.id, clientMessageId, parts, toolsJson })
  }

  sendToolResults(results, options) {
    const parts = results.map(({ id, text, failed }) => ({ toolResult: { toolCallId: id, text, failed } }))
    return this.send(parts, options)
  }

  continue(options) {
    return this._weir._begin(this, "continueTurn", { ...options, conversationId: this.id })
  }

  regenerate(options) {
    return this._weir._begin(this, "regenerateTurn", { ...options, conversationId: this.id })
  }

  answer(turnId) {
    return this._weir._takeUp(this, turnId, true)
  }

  async rename(title) {
    return (await this._ask("renameConversation", { title })).conversation
  }

  async delete() {
    await this._ask("deleteConversation")
  }

  _ask(kind, body) {
    return this._weir._ask(kind, { ...body, conversationId: this.id })
  }

  _tell(event, ...values) {
    this._emit(event, ...values)
    this._weir._emit(event, ...values, this.id)
  }

  _saw(revision) {
    if (revision > this._revision) this._revision = revision
  }
}

// MARK: Answer

export class Answer extends Emitter {
  state = "sending"
  text = ""
  parts = []
  length = 0
  done = deferred()
  sent = deferred()
  _news = deferred()
  _readers = new Set()
  /** Bytes that the slowest loop has not read. */
  _unread = 0
  _fruitless = 0
  /** Calls that began at this byte: a new connection tells of them again. */
  _calls = new Set()

  constructor(conversation, kind, body) {
    super()
    this.conversation = conversation
    this.clientMessageId = body?.clientMessageId ?? ""
    this.question = body?.parts
    this._kind = kind
    this._body = body
    this._weir = conversation._weir
    this._requestId = this._weir._newId()
    if (!kind) this.sent.resolve()
    conversation.answers.push(this)
  }

  stop() {
    if (this._kind && !this._isSent) this._fail("withdrawn", "The message was taken back before it was sent.")
    this._wantsStop = true
    this._sendStop()
  }

  _sendStop() {
    if (this._wantsStop && this.turnId && this.state !== "ended") {
      this._weir._send("stopTurn", { turnId: this.turnId }, this._weir._newId())
    }
  }

  [Symbol.asyncIterator]() {
    const reader = { queue: piecesOf(this.parts).filter(piece => piece.text || piece.id).map(piece => [piece, 0]), unread: 0 }
    this._readers.add(reader)
    const leave = async value => {
      this._readers.delete(reader)
      this._settle()
      this._wake()
      return { value, done: true }
    }
    const next = async () => {
      while (this._readers.has(reader)) {
        if (reader.queue.length) {
          const [value, bytes] = reader.queue.shift()
          reader.unread -= bytes
          this._settle()
          return { value, done: false }
        }
        if (this.state !== "ended") await this._news
        else {
          leave()
          if (this._error) throw this._error
        }
      }
      return { value: undefined, done: true }
    }
    return { next, return: leave }
  }

  _wake() {
    this._news.resolve()
    this._news = deferred()
  }

  _give(piece, bytes) {
    const { kind, text } = piece
    const last = this.parts.at(-1) ?? {}
    if (kind === "text") {
      this.text += text
      if ("text" in last) last.text += text
      else this.parts.push({ text })
    } else if (kind === "reasoning") {
      if (last.reasoning) last.reasoning.text += text
      else this.parts.push({ reasoning: { text, signature: "" } })
    } else if (kind === "toolCall") this.parts.push({ toolCall: { id: piece.id, name: piece.name, arguments: "" } })
    else if (last.toolCall) last.toolCall.arguments += text
    this.state = "running"
    this._unread += bytes
    this._weir._unread += bytes
    for (const reader of this._readers) {
      const { queue } = reader
      const [waiting, count] = queue.at(-1) ?? []
      reader.unread += bytes
      if (queue.length > 32 && waiting.kind === kind && kind !== "toolCall") {
        queue[queue.length - 1] = [{ kind, text: waiting.text + text }, count + bytes]
      } else queue.push([piece, bytes])
    }
    this._wake()
    this._settle()
    this._emit("delta", piece)
  }

  _settle() {
    const unread = Math.max(0, ...Array.from(this._readers, reader => reader.unread))
    const read = this._unread - unread
    this._unread = unread
    this._weir._unread -= read
    this._weir._refund(read)
  }

  _receive({ offset, text, kind, toolCallId, toolName }, takesCredit = true) {
    const bytes = utf8.encode(text)
    const seen = this.length - offset
    const fresh = seen < 0 ? 0 : Math.max(bytes.length - seen, 0)
    if (takesCredit) this._weir._refund(bytes.length - fresh)
    if (seen < 0) return this._ask()
    if (toolCallId + toolName && !seen && !this._calls.has(toolCallId)) {
      if (this._calls.size > 127) return this._broken("tool calls without end")
      this._calls.add(toolCallId)
      this._give({ kind: "toolCall", text: "", id: toolCallId, name: toolName }, 0)
    }
    if (fresh) {
      try {
        if (seen) text = strict.decode(bytes.subarray(seen))
      } catch {
        return this._broken("text that does not fit the text before it")
      }
      this.length += fresh
      this._calls.clear()
      this._asking = false
      this._fruitless = 0
      if (typeof kind === "string") this._give({ kind, text }, takesCredit ? fresh : 0)
      else if (takesCredit) this._weir._refund(fresh)
    }
    if (this.length >= this._held?.length) this._held.end()
  }

  _receiveWhole(message) {
    let offset = 0
    this._held = undefined
    for (const { kind, text, id = "", name = "" } of piecesOf(message.parts)) {
      this._receive({ offset, text, kind, toolCallId: id, toolName: name }, false)
      offset += size(text)
    }
    // A crash can have taken what had been sent.
    const { parts, text, error, status } = readable(message)
    Object.assign(this, { parts, text, length: offset })
    const isBroken = error || status === "interrupted"
    this._conclude(message, isBroken && new WeirError(error ?? { code: status }, message))
  }

  /** Waits for the text up to the end. */
  _ended({ reason, usage, cached, error = { code: "internal" }, partialKept = true, sequence, length }) {
    const end = () => {
      const { parts, text, turnId, started } = this
      const status = !reason ? "interrupted" : reason === "stopped" ? reason : "complete"
      const message = {
        ...decode("Message", new Uint8Array()), role: "assistant", parts, text, turnId, createdAtMs: Date.now(), sequence,
        model: started?.model ?? "", status,
      }
      if (reason) return this._conclude(Object.assign(message, { finishReason: reason, usage, cached }))
      message.error = error
      this._conclude(message, new WeirError(error, this.length ? message : undefined))
    }
    if (this.length >= length || !partialKept) return end()
    this._held = { length, end }
    this._ask()
  }

  _ask() {
    if (this._asking || !this._weir._isOpen) return
    if (++this._fruitless > 4) return this._broken("an answer with a hole")
    this._subscribe()
  }

  _subscribe() {
    const { turnId, length, _weir } = this
    const id = _weir._newId()
    _weir._asking.set(id, this)
    this._asking = _weir._send("subscribeTurn", { turnId, offset: length }, id)
  }

  _broken(what) {
    this._fail("protocol_violation", `The server sent ${what}; read the history instead.`, true)
  }

  _fail(code, message, retryable) {
    this._conclude(undefined, problem(code, message, retryable))
  }

  _conclude(message, error) {
    if (this.state === "ended") return
    this.state = "ended"
    this._error = error
    this._held = undefined
    this.conversation.answers = this.conversation.answers.filter(answer => answer !== this)
    this._weir._forget(this)
    if (error) {
      this.done.reject(error)
      this.sent.reject(error)
    } else this.done.resolve(message)
    this._wake()
    this._emit("end", message, error)
  }

  _tell(event, value, fields) {
    Object.assign(this, fields)
    this._emit(event, value)
  }
}

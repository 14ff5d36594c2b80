// The client of a Weir server, for browsers, Node, Deno and Bun. What it offers is described, with examples, in
// weir.d.ts beside this file; the frames it speaks, in schemas/weir/v1.

export const version = "0.1.0"

// MARK: Codec

// One line for each message: its name, then its fields in the order of their numbers, which have no gaps. Types: s
// string, u uint64, w uint32, b bool, else an enum or a message. "*" is repeated; of those with "?" at most one is set.
const schema = `
ClientFrame requestId:u hello:Hello? openConversation:OpenConversation? listConversations:ListConversations? renameConversation:RenameConversation? deleteConversation:DeleteConversation? getHistory:GetHistory? sendMessage:SendMessage? stopTurn:StopTurn? continueTurn:ContinueTurn? regenerateTurn:RegenerateTurn? subscribeTurn:SubscribeTurn? grantCredit:GrantCredit? ping:Ping? unsubscribeTurn:UnsubscribeTurn? getUsage:GetUsage?
Hello version:w agent:s credit:u resume:SubscribeTurn* follow:s*
OpenConversation conversationId:s title:s
ListConversations limit:w cursor:s
RenameConversation conversationId:s title:s
DeleteConversation conversationId:s
GetHistory conversationId:s beforeSequence:u limit:w
SendMessage conversationId:s clientMessageId:s parts:Part* expectedRevision:u? onConflict:ConflictPolicy acks:AckLevel* model:s lane:s deadlineMs:w toolsJson:s noCache:b
StopTurn turnId:u
ContinueTurn conversationId:s turnId:u
RegenerateTurn conversationId:s turnId:u model:s
SubscribeTurn turnId:u offset:u
UnsubscribeTurn turnId:u
GetUsage
GrantCredit bytes:u
Ping nonce:u
ServerFrame requestId:u delta:Delta? welcome:Welcome? conversationOpened:ConversationOpened? conversationList:ConversationList? conversationChanged:ConversationChanged? conversationDeleted:ConversationDeleted? historyPage:HistoryPage? ack:Ack? messageAdded:MessageAdded? turnStarted:TurnStarted? queuePosition:QueuePosition? turnFinished:TurnFinished? turnFailed:TurnFailed? subscribed:Subscribed? pong:Pong? error:Error? goodbye:Goodbye? turnSeam:TurnSeam? usageReport:UsageReport?
Welcome version:w server:s user:s capabilities:s* serverTimeMs:u maxMessageBytes:u idlePingMs:w models:s* resumed:TurnStatus* plan:s lanes:s*
ConversationOpened conversation:Conversation created:b turns:TurnStatus*
ConversationList conversations:Conversation* nextCursor:s
ConversationChanged conversation:Conversation
ConversationDeleted conversationId:s
HistoryPage conversationId:s messages:Message* hasMore:b revision:u turns:TurnStatus*
Ack clientMessageId:s level:AckLevel conversationId:s sequence:u turnId:u revision:u duplicate:b
MessageAdded conversationId:s message:Message revision:u
TurnStarted turnId:u conversationId:s questionSequence:u answerSequence:u model:s continuesTurnId:u replacesTurnId:u offset:u cached:b
QueuePosition turnId:u position:w lane:s estimateMs:w reason:QueueReason
Delta turnId:u offset:u text:s kind:PartKind toolCallId:s toolName:s
TurnSeam turnId:u offset:u reason:Error fromEndpoint:s toEndpoint:s
TurnFinished turnId:u conversationId:s reason:FinishReason usage:Usage sequence:u length:u revision:u cached:b
TurnFailed turnId:u conversationId:s error:Error partialKept:b sequence:u length:u revision:u
Subscribed status:TurnStatus offset:u message:Message
UsageReport plan:s lane:s limits:LimitState*
Pong nonce:u
Goodbye code:ErrorCode message:s reconnectAfterMs:w
LimitState name:s limit:u remaining:u resetAfterMs:u
Error code:ErrorCode message:s retryable:b retryAfterMs:w revision:u limit:LimitState
Part text:s? reasoning:Reasoning? toolCall:ToolCall? toolResult:ToolResult?
Reasoning text:s signature:s
ToolCall id:s name:s arguments:s
ToolResult toolCallId:s text:s failed:b
Usage inputTokens:u outputTokens:u cachedInputTokens:u estimated:b reasoningTokens:u
Message sequence:u role:Role parts:Part* createdAtMs:u turnId:u clientMessageId:s status:MessageStatus finishReason:FinishReason usage:Usage model:s error:Error promptVersion:s cached:b toolsJson:s
Conversation id:s title:s createdAtMs:u updatedAtMs:u revision:u lastSequence:u
TurnStatus turnId:u conversationId:s state:TurnState length:u`

// The words of each enum, from 0 on.
const enums = {
  Role: "unspecified system user assistant tool",
  MessageStatus: "unspecified complete streaming stopped interrupted superseded",
  FinishReason: "unspecified complete length content_filter tool_calls stopped",
  AckLevel: "unspecified accepted durable started done",
  ConflictPolicy: "unspecified queue interrupt reject",
  TurnState: "unspecified queued running finished failed unknown",
  ErrorCode:
    "unspecified invalid_argument unauthenticated permission_denied not_found stale_revision turn_running overloaded " +
    "rate_limited too_large not_saved upstream_failed upstream_timeout upstream_rejected upstream_overloaded " +
    "interrupted shutting_down internal abandoned budget_exceeded deadline_exceeded",
  PartKind: "text reasoning tool_call",
  QueueReason: "unspecified capacity rate_limit provider_down retry conversation user_limit",
}
for (const name in enums) enums[name] = enums[name].split(" ")

const messages = Object.create(null)
for (const line of schema.trim().split("\n")) {
  const [name, ...fields] = line.split(" ")
  messages[name] = fields.map((field, index) => {
    const [, key, type, mark] = /(\w+):(\w+)(\W?)/.exec(field)
    return { number: index + 1, key, type, words: enums[type], many: mark === "*", one: mark === "?" }
  })
}
for (const name in messages) {
  for (const field of messages[name]) {
    field.nested = messages[field.type] !== undefined
    field.wire = field.nested || field.type === "s" ? 2 : 0
    if (!field.nested) field.zero = field.words?.[0] ?? { s: "", b: false }[field.type] ?? 0
  }
}

/** Longest repeated field, as on the server: an empty element costs two bytes on the wire and far more here. */
const maximumRepeated = 10_000
const maximumDepth = 32
const utf8 = new TextEncoder()
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

export function encode(type, value) {
  let out = new Uint8Array(128)
  let end = 0
  const reserve = count => {
    if (end + count <= out.length) return
    const larger = new Uint8Array(Math.max(end + count, out.length * 2))
    larger.set(out)
    out = larger
  }
  const varint = value => {
    reserve(10)
    if (typeof value === "bigint" || value < 0) {
      for (value = BigInt.asUintN(64, BigInt(value)); value > 127n; value >>= 7n) out[end++] = Number(value & 127n) | 128
      value = Number(value)
    }
    for (; value > 127; value = Math.floor(value / 128)) out[end++] = (value % 128) | 128
    out[end++] = value
  }
  const block = bytes => {
    varint(bytes.length)
    reserve(bytes.length)
    out.set(bytes, end)
    end += bytes.length
  }
  const one = (field, value) => {
    if (field.nested) return block(encode(field.type, value))
    if (field.type === "s") return block(utf8.encode(value))
    varint(field.words ? ordinal(field, value) : Number.isNaN(Number(value)) ? misfit(field, value) : value)
  }
  for (const field of messages[type]) {
    const item = value[field.key]
    if (item === undefined || item === null) continue
    const tag = field.number * 8 + field.wire
    if (!field.many) {
      if (!field.one && !field.nested && (item === field.zero || item === 0)) continue
      varint(tag)
      one(field, item)
    } else if (field.wire === 0) {
      if (item.length === 0) continue
      varint(field.number * 8 + 2)
      const start = end
      for (const element of item) one(field, element)
      const packed = out.slice(start, end)
      end = start
      block(packed)
    } else {
      for (const element of item) {
        varint(tag)
        one(field, element)
      }
    }
  }
  return out.subarray(0, end)
}

const misfit = (field, value) => {
  throw new WeirError({ code: "invalid_argument", message: `"${value}" does not fit "${field.key}"; correct it.` })
}
const ordinal = (field, value) => {
  if (typeof value === "number") return value
  const index = field.words.indexOf(value)
  return index < 0 ? misfit(field, value) : index
}

export function decode(type, bytes) {
  let at = 0
  const fail = () => {
    throw new WeirError({ code: "protocol_violation", message: "The server sent bytes that are no frame; is it Weir?" })
  }
  const varint = end => {
    const start = at
    let value = 0
    for (let scale = 1; at < end && at < start + 10; scale *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * scale
      if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : exact(start)
    }
    return fail()
  }
  // A number that a double cannot hold.
  const exact = start => {
    let value = 0n
    for (let index = at - 1; index >= start; index--) value = (value << 7n) | BigInt(bytes[index] & 127)
    value = BigInt.asUintN(64, value)
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
  }
  const length = end => {
    const count = varint(end)
    return count <= end - at ? count : fail()
  }
  const skip = (wire, number, end, depth) => {
    if (wire === 0) varint(end)
    else if (wire === 1 || wire === 5) at += wire === 1 ? 8 : 4
    else if (wire === 2) at = length(end) + at
    else if (wire === 3 && depth < maximumDepth) {
      for (;;) {
        const tag = varint(end)
        if (tag % 8 === 4) return tag === number * 8 + 4 || fail()
        skip(tag % 8, Math.floor(tag / 8), end, depth + 1)
      }
    } else fail()
    if (at > end) fail()
  }
  const scalar = (field, end) => {
    if (field.type === "s") {
      const count = length(end)
      return text.decode(bytes.subarray(at, (at += count)))
    }
    const value = varint(end)
    if (field.type === "u") return value
    if (field.type === "b") return value !== 0
    const low = typeof value === "bigint" ? Number(value & 0xffffffffn) : value % 2 ** 32
    return field.words ? (field.words[low] ?? low | 0) : low
  }
  const message = (type, end, depth, into) => {
    const fields = messages[type]
    const value = into ?? {}
    if (!into) {
      for (const field of fields) if (field.many) value[field.key] = []
      else if (!field.one && !field.nested) value[field.key] = field.zero
    }
    while (at < end) {
      const tag = varint(end)
      const wire = tag % 8
      const number = (tag - wire) / 8
      if (number < 1 || number >= 2 ** 29) fail()
      const field = fields[number - 1]
      const isPacked = field?.many && field.wire === 0 && wire === 2
      if (!field || (wire !== field.wire && !isPacked)) {
        skip(wire, number, end, depth)
        continue
      }
      const list = value[field.key]
      if (field.one) for (const other of fields) if (other.one && other !== field) delete value[other.key]
      if (isPacked) {
        for (const stop = length(end) + at; at < stop; ) {
          if (list.push(scalar(field, stop)) > maximumRepeated) fail()
        }
      } else if (field.nested) {
        const stop = length(end) + at
        if (field.many) {
          if (list.push(message(field.type, stop, depth + 1)) > maximumRepeated) fail()
        } else value[field.key] = message(field.type, stop, depth + 1, list)
      } else if (!field.many) value[field.key] = scalar(field, end)
      else if (list.push(scalar(field, end)) > maximumRepeated) fail()
    }
    return value
  }
  try {
    return message(type, bytes.length, 0)
  } catch {
    // The decoder of UTF-8 and arithmetic on numbers beyond reason throw errors of their own.
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

const connectionLost = message => new WeirError({ code: "connection_lost", message, retryable: true })
const nothing = () => {}
const textOf = parts => parts.map(part => part.text ?? "").join("")
/** 128 random bits. */
const randomId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("")
/** A message as it is handed out. */
const readable = message => Object.assign(message, { text: textOf(message.parts) })

/** A promise with its ends outside. Left alone it reports nothing. */
const deferred = () => {
  const ends = {}
  ends.promise = new Promise((resolve, reject) => Object.assign(ends, { resolve, reject }))
  ends.promise.catch(nothing)
  return ends
}

class Emitter {
  _listeners = {}

  on(event, listener) {
    const list = (this._listeners[event] ??= new Set())
    const entry = { listener }
    list.add(entry)
    return () => list.delete(entry)
  }

  _hears(event) {
    return this._listeners[event]?.size > 0
  }

  _emit(event, ...values) {
    for (const { listener } of this._listeners[event] ?? []) {
      try {
        listener(...values)
      } catch (error) {
        // Uncaught, as it would be in an event target; the others hear the event all the same.
        queueMicrotask(() => { throw error })
      }
    }
  }
}

// MARK: The queue's stores

const memoryStore = () => {
  const entries = new Map()
  return {
    all: async () => [...entries.values()],
    put: async entry => void entries.set(entry.id, entry),
    delete: async id => void entries.delete(id),
  }
}

const indexedDBStore = () => {
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("weir", 1)
    request.onupgradeneeded = () => request.result.createObjectStore("queue", { keyPath: "id" })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  opened.catch(nothing)
  // Transactions run in the order in which they are made: a delete never overtakes its put.
  const run = async (mode, act) => {
    const transaction = (await opened).transaction("queue", mode)
    const request = act(transaction.objectStore("queue"))
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
    })
  }
  return {
    all: () => run("readonly", store => store.getAll()),
    put: entry => run("readwrite", store => store.put(entry)),
    delete: id => run("readwrite", store => store.delete(id)),
  }
}

// MARK: Answer

/** Questions in a row for missing text that brought none, before an answer is given up. */
const maximumFruitlessAsks = 4
/** Tool calls without arguments in a row: they take no bytes, so nothing else bounds them. */
const maximumCallsAtOneByte = 128
/** Pieces that wait for a loop are joined only beyond this many. */
const piecesBeforeJoining = 32

export class Answer extends Emitter {
  state = "sending"
  text = ""
  parts = []
  length = 0
  _done = deferred()
  _sent = deferred()
  _readers = new Set()
  /** Bytes that the slowest loop has not read: what this answer takes of the credit. */
  _unread = 0
  _fruitless = 0
  _calls = new Set()
  _mirrors = []
  /** Connections on which the message was sent. */
  _attempts = 0

  /** `frame` is what asks for it: `{ kind, body }`; none for one that is there already. */
  constructor(conversation, frame) {
    super()
    this.conversation = conversation
    this.clientMessageId = frame?.body.clientMessageId ?? ""
    this.question = frame?.body.parts
    this._frame = frame
    this._weir = conversation._weir
    if (!frame) this._sent.resolve()
    conversation.answers.push(this)
  }

  get done() { return this._done.promise }
  get sent() { return this._sent.promise }

  stop() {
    if (this.state === "ended" || this._wantsStop) return
    if (this._frame && !this._frame.isSent) {
      return this._fail(new WeirError({ code: "withdrawn", message: "The message was taken back before it was sent." }))
    }
    this._wantsStop = true
    this._sendStop()
  }

  /** With an id that nobody waits for: that the answer has ended meanwhile is not worth telling. */
  _sendStop() {
    if (this._wantsStop && this.turnId) this._weir._send("stopTurn", { turnId: this.turnId }, this._weir._newId())
  }

  [Symbol.asyncIterator]() {
    // What came before counts no more: it was granted when it came.
    const reader = { queue: [], unread: 0, waiting: [] }
    for (const part of this.parts) {
      const { text, reasoning, toolCall } = part
      if (toolCall) reader.queue.push({ piece: { kind: "toolCall", text: "", id: toolCall.id, name: toolCall.name }, bytes: 0 })
      const kind = toolCall ? "toolArguments" : reasoning ? "reasoning" : "text"
      const piece = { kind, text: text ?? reasoning?.text ?? toolCall?.arguments ?? "" }
      if (piece.text) reader.queue.push({ piece, bytes: 0 })
    }
    this._readers.add(reader)
    const leave = () => {
      this._readers.delete(reader)
      this._settle()
    }
    return {
      next: async () => {
        while (this._readers.has(reader)) {
          const next = reader.queue.shift()
          if (next) {
            reader.unread -= next.bytes
            this._settle()
            return { value: next.piece, done: false }
          }
          if (this.state === "ended") {
            leave()
            if (this._error) throw this._error
          } else await new Promise(resolve => reader.waiting.push(resolve))
        }
        return { value: undefined, done: true }
      },
      return: async value => {
        leave()
        for (const wake of reader.waiting.splice(0)) wake()
        return { value, done: true }
      },
    }
  }

  /** Hands a piece on; `bytes` of it took credit. */
  _give(piece, bytes) {
    const last = this.parts.at(-1)
    const { kind, text } = piece
    if (kind === "toolCall") this.parts.push({ toolCall: { id: piece.id, name: piece.name, arguments: "" } })
    else if (kind === "toolArguments") {
      if (last?.toolCall) last.toolCall.arguments += text
    } else if (kind === "reasoning") {
      if (last?.reasoning) last.reasoning.text += text
      else this.parts.push({ reasoning: { text, signature: "" } })
    } else {
      this.text += text
      if (last?.text !== undefined) last.text += text
      else this.parts.push({ text })
    }
    this.state = "running"
    this._unread += bytes
    this._weir._unread += bytes
    for (const reader of this._readers) {
      const tail = reader.queue.at(-1)
      reader.unread += bytes
      if (reader.queue.length > piecesBeforeJoining && tail.piece.kind === kind && kind !== "toolCall") {
        tail.piece = { kind, text: tail.piece.text + text }
        tail.bytes += bytes
      } else reader.queue.push({ piece, bytes })
      for (const wake of reader.waiting.splice(0)) wake()
    }
    this._settle()
    this._emit("delta", piece)
    for (const mirror of this._mirrors) {
      mirror.length = this.length
      mirror._give(piece, 0)
    }
  }

  /** Grants what every loop has read. */
  _settle() {
    let unread = 0
    for (const reader of this._readers) unread = Math.max(unread, reader.unread)
    const read = this._unread - unread
    this._unread = unread
    this._weir._unread -= read
    this._weir._refund(read)
  }

  /** Takes bytes from the server: what was seen is cut away, and what is missing is asked for. */
  _receive({ offset, text: given, kind, toolCallId, toolName }, takesCredit = true) {
    let piece = given
    const bytes = utf8.encode(piece)
    const seen = this.length - offset
    let count = bytes.length - Math.max(seen, 0)
    if (seen < 0) {
      count = 0
      this._ask()
    } else if (toolCallId + toolName && seen === 0 && !this._calls.has(toolCallId)) {
      if (this._calls.size === maximumCallsAtOneByte) return this._broken("tool calls without end")
      this._calls.add(toolCallId)
      this._give({ kind: "toolCall", text: "", id: toolCallId, name: toolName }, 0)
    }
    if (count > 0) {
      try {
        if (seen > 0) piece = text.decode(bytes.subarray(seen))
      } catch {
        return this._broken("a piece of text that does not fit the one before")
      }
      this.length += count
      this._calls.clear()
      this._asking = false
      this._fruitless = 0
      const kinds = { text: "text", reasoning: "reasoning", tool_call: "toolArguments" }
      if (kinds[kind]) this._give({ kind: kinds[kind], text: piece }, takesCredit ? count : 0)
      else if (takesCredit) this._weir._refund(count)
    }
    if (takesCredit) this._weir._refund(bytes.length - Math.max(count, 0))
    if (this._held && this.length >= this._held.length) this._held.end()
  }

  /** The running log is gone, and the whole message came instead. */
  _receiveWhole(message) {
    readable(message)
    let offset = 0
    this._held = undefined
    for (const { text, reasoning, toolCall } of message.parts) {
      const piece = text ?? reasoning?.text ?? toolCall?.arguments ?? ""
      const kind = toolCall ? "tool_call" : reasoning ? "reasoning" : "text"
      const [toolCallId, toolName] = toolCall ? [toolCall.id, toolCall.name] : ["", ""]
      this._receive({ offset, text: piece, kind, toolCallId, toolName }, false)
      offset += utf8.encode(piece).length
    }
    // The server's word is the last one: a crash can have taken text that had been sent.
    Object.assign(this, { parts: message.parts, text: message.text, length: offset })
    if (message.error || message.status === "interrupted") {
      const unsaid = { code: "interrupted", message: "The answer broke off; continue it.", retryable: true }
      this._conclude(message, new WeirError(message.error ?? unsaid, message))
    } else this._conclude(message)
  }

  /** Makes the message that the server has now, from what came. */
  _message(fields) {
    return {
      sequence: 0, role: "assistant", parts: this.parts, text: this.text, createdAtMs: Date.now(), turnId: this.turnId,
      clientMessageId: "", status: "complete", finishReason: "unspecified", model: this.started?.model ?? "",
      promptVersion: "", cached: false, toolsJson: "", ...fields,
    }
  }

  _finished({ reason, usage, sequence, length, cached }) {
    const status = reason === "stopped" ? "stopped" : "complete"
    this._endAt(length, () =>
      this._conclude(this._message({ status, finishReason: reason, usage, sequence, cached })))
  }

  _failed({ error = { code: "internal" }, partialKept, sequence, length }) {
    this._endAt(partialKept ? length : 0, () => {
      const partial = this.length > 0 ? this._message({ status: "interrupted", sequence, error }) : undefined
      this._conclude(partial, new WeirError(error, partial))
    })
  }

  /** Holds the end back until the text up to it is there. */
  _endAt(length, end) {
    if (this.length >= length) return end()
    this._held = { length, end }
    this._ask()
  }

  _ask() {
    if (this._asking || !this._weir._isOpen) return
    this._fruitless += 1
    if (this._fruitless > maximumFruitlessAsks) return this._broken("an answer with a hole, and no text for it")
    this._subscribe()
  }

  _subscribe() {
    const id = this._weir._newId()
    this._weir._asking.set(id, this)
    this._asking = this._weir._send("subscribeTurn", { turnId: this.turnId, offset: this.length }, id)
  }

  _broken(what) {
    this._fail(new WeirError({
      code: "protocol_violation", message: `The server sent ${what}; read the history instead.`, retryable: true,
    }))
  }

  _fail(error) {
    this._conclude(undefined, error)
  }

  _conclude(message, error) {
    if (this.state === "ended") return
    const wasSent = this.state !== "sending"
    this.state = "ended"
    this._error = error
    this._held = undefined
    const { answers } = this.conversation
    if (answers.includes(this)) answers.splice(answers.indexOf(this), 1)
    this._weir._forget(this, error)
    if (error) {
      this._done.reject(error)
      if (!wasSent) this._sent.reject(error)
    } else this._done.resolve(message)
    for (const reader of this._readers) for (const wake of reader.waiting.splice(0)) wake()
    this._emit("end", message, error)
    for (const mirror of this._mirrors) mirror._conclude(message, error)
  }

  /** Says something of the turn that is no text. */
  _tell(event, value, fields) {
    if (fields) Object.assign(this, fields)
    this._emit(event, value)
    for (const mirror of this._mirrors) mirror._tell(event, value, fields)
  }

  _acknowledged(ack) {
    const { level, ...rest } = ack
    this._frame = undefined
    this.state = "waiting"
    this._sent.resolve(rest)
    this._emit("sent", rest)
  }

  /** Another object of this client has the turn already (a page was loaded while its message was on the way). */
  _mirror(other) {
    const { state, started, queue } = other
    Object.assign(this, { turnId: other.turnId, started, queue })
    for (const part of other.parts) {
      const { text, reasoning, toolCall } = part
      if (toolCall) this._give({ kind: "toolCall", text: "", id: toolCall.id, name: toolCall.name }, 0)
      const kind = toolCall ? "toolArguments" : reasoning ? "reasoning" : "text"
      this._give({ kind, text: text ?? reasoning?.text ?? toolCall?.arguments ?? "" }, 0)
    }
    Object.assign(this, { state, length: other.length })
    other._mirrors.push(this)
    if (this._wantsStop) other.stop()
    this.stop = () => other.stop()
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

  async open(title) {
    const { conversation, created, answers } =
      await this._weir._ask("openConversation", "conversationOpened", { conversationId: this.id, title })
    return { conversation, created, answers }
  }

  async history({ before, limit } = {}) {
    const body = { conversationId: this.id, beforeSequence: before, limit }
    const { messages, hasMore, revision, answers } = await this._weir._ask("getHistory", "historyPage", body)
    return { messages: messages.map(readable), hasMore, revision, answers }
  }

  send(content, options = {}) {
    const { tools, model, lane, deadlineMs, noCache, onConflict, expectedRevision } = options
    return this._weir._say(this, {
      conversationId: this.id, clientMessageId: options.clientMessageId ?? randomId(),
      parts: typeof content === "string" ? [{ text: content }] : content,
      expectedRevision, onConflict, model, lane, deadlineMs, noCache,
      toolsJson: tools && typeof tools !== "string" ? JSON.stringify(tools) : tools,
    })
  }

  sendToolResults(results, options) {
    return this.send(
      results.map(({ id, text, failed }) => ({ toolResult: { toolCallId: id, text, failed } })), options)
  }

  continue({ turnId } = {}) {
    return this._weir._begin(this, { kind: "continueTurn", body: { conversationId: this.id, turnId } })
  }

  regenerate({ turnId, model } = {}) {
    return this._weir._begin(this, { kind: "regenerateTurn", body: { conversationId: this.id, turnId, model } })
  }

  answer(turnId) {
    return this._weir._takeUp(this, turnId, true)
  }

  async rename(title) {
    const body = { conversationId: this.id, title }
    return (await this._weir._ask("renameConversation", "conversationChanged", body)).conversation
  }

  async delete() {
    await this._weir._ask("deleteConversation", "conversationDeleted", { conversationId: this.id })
  }

  /** Tells the listeners here and at the client. */
  _tell(event, ...values) {
    this._emit(event, ...values)
    this._weir._emit(event, ...(values.length ? values : [this.id]))
  }

  _saw(revision) {
    if (revision > this._revision) this._revision = revision
  }
}

// MARK: Weir

/** Conversations that are followed again after a reconnect: the last ones used. */
const maximumFollowed = 16
/** Connections on which a message is sent before it is given up. */
const maximumAttempts = 16
/** Messages, and their bytes, that may wait for their acknowledgement. */
const maximumWaiting = { messages: 1_000, bytes: 8 * 1024 * 1024 }
/** A connection that stood for so long ends the series of failed attempts. */
const stableAfterMs = 5_000
/** Close codes over something this side had sent: sent again it would only bring the same end. */
const blamingCodes = [1002, 1003, 1007, 1009, 1010]

export class Weir extends Emitter {
  state = "connecting"
  _isOpen = false
  _unread = 0
  /** By request id: answers that wait for a reply. */
  _asking = new Map()
  _ready = deferred()
  #options
  #timing = { backoff: 250, backoffLimit: 15_000, connect: 10_000, idle: 15_000, pong: 10_000, request: 30_000 }
  #url
  #window
  #ungranted = 0
  #socket
  #lastId = 0
  #failures = 0
  #readySince = 0
  #lastHeard = 0
  #hint
  #goodbye
  #reconnectTimer
  #idleTimer
  #pongTimer
  #conversations = new Map()
  /** By turn id: answers that are not over. */
  #turns = new Map()
  /** By client message id, in the order in which they were said: answers whose message is not acknowledged. */
  #waiting = new Map()
  #requests = new Map()
  #declined = new Set()
  #followed = []
  /** Client message ids of this client, the last ones. */
  #mine = new Set()
  #store
  #owner = randomId()
  #release
  #wakers = []

  constructor(options = {}) {
    super()
    this.#options = options
    Object.assign(this.#timing, options.timing)
    this.#window = options.credit ?? 262_144
    this.#url = new URL(options.url ?? "/", globalThis.location?.href)
    this.#url.protocol = this.#url.protocol.replace("http", "ws")
    this.#url.hash = ""
    const storage = options.storage ?? (globalThis.indexedDB ? "indexeddb" : "memory")
    this.#store = typeof storage === "object" ? storage : storage === "indexeddb" ? indexedDBStore() : memoryStore()
    this.#holdLock()
    this.#watchPage()
    this.#connect()
  }

  get ready() { return this._ready.promise }

  conversation(id = randomId()) {
    let conversation = this.#conversations.get(id)
    if (!conversation) this.#conversations.set(id, (conversation = new Conversation(this, id)))
    return conversation
  }

  async conversations({ limit, cursor } = {}) {
    const { conversations, nextCursor } = await this._ask("listConversations", "conversationList", { limit, cursor })
    return { conversations, nextCursor }
  }

  usage() {
    return this._ask("getUsage", "usageReport", {})
  }

  async queued() {
    const entries = new Map()
    for (const entry of await this.#stored()) entries.set(entry.id, entry)
    for (const answer of this.#waiting.values()) entries.set(answer.clientMessageId, answer._entry)
    return [...entries.values()].sort((one, other) => one.queuedAtMs - other.queuedAtMs).map(entry => ({
      clientMessageId: entry.id, conversationId: entry.message.conversationId, parts: entry.message.parts,
      queuedAtMs: entry.queuedAtMs, answer: this.#waiting.get(entry.id),
    }))
  }

  reconnect() {
    if (this.state === "offline") this.#connect()
  }

  close() {
    this.#close(new WeirError({ code: "closed", message: "The client was closed; make a new one." }))
  }

  // MARK: Connecting

  #setState(state, error) {
    this.state = state
    this._emit("state", state, error)
  }

  async #connect() {
    clearTimeout(this.#reconnectTimer)
    // Unset while there is none; another object for each attempt, so that late news of an old one is told from it.
    const attempt = (this.#socket = {})
    const isCurrent = () => this.#socket === attempt || this.#socket === attempt.socket
    await null // The one who made this client can listen first.
    if (!isCurrent()) return
    this.#setState("connecting")
    let token
    try {
      token = await (typeof this.#options.token === "function" ? this.#options.token() : this.#options.token)
    } catch (error) {
      if (!isCurrent()) return
      if (error?.retryable === false) return this.#close(error)
      return this.#lost(connectionLost(`No token could be fetched: ${error?.message ?? error}. It is tried again.`))
    }
    if (!isCurrent()) return
    const url = new URL(this.#url)
    if (this.#options.user && !token) url.searchParams.set("user", this.#options.user)
    let socket
    try {
      const WebSocketClass = this.#options.webSocket ?? globalThis.WebSocket
      socket = new WebSocketClass(url, token ? ["weir.v1", `weir.token.${token}`] : ["weir.v1"])
    } catch (error) {
      return this.#close(new WeirError({ code: "invalid_argument", message: `No connection can be made: ${error.message}` }))
    }
    attempt.socket = this.#socket = socket
    socket.binaryType = "arraybuffer"
    const refused = "There is no connection; it is tried again."
    const tooLate = setTimeout(() => this.#drop(socket, connectionLost(refused)), this.#timing.connect)
    socket.onopen = () => {
      clearTimeout(tooLate)
      if (this.#socket === socket) this.#opened()
    }
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#received(data)
    }
    const ended = async ({ code, reason }) => {
      clearTimeout(tooLate)
      if (this.#socket !== socket) return
      const error = this._isOpen ? this.#closeError(code, reason) : (await this.#refusal(token)) ?? connectionLost(refused)
      if (this.#socket === socket) this.#lost(error, code)
    }
    socket.onclose = ended
    // Some WebSockets say nothing else of a refused upgrade.
    socket.onerror = event => this._isOpen || ended(event)
  }

  /** A browser does not say why an upgrade was refused. With a token, plain HTTP tells whether it is the token. */
  async #refusal(token) {
    if (!token) return undefined
    try {
      const url = new URL("/v1/models", this.#url)
      url.protocol = url.protocol.replace("ws", "http")
      const signal = AbortSignal.timeout(this.#timing.connect)
      const { status } = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal })
      if (status === 401) return new WeirError({ code: "unauthenticated", message: "The token is not valid; sign in again." })
      if (status === 403) return new WeirError({ code: "permission_denied", message: "The token does not allow this." })
    } catch {
      // No connection, or a server that other pages may not ask.
    }
    return undefined
  }

  #closeError(code, reason) {
    const goodbye = this.#goodbye
    if (goodbye) {
      return new WeirError({ ...goodbye, retryable: true, retryAfterMs: goodbye.reconnectAfterMs })
    }
    const why = reason ? ` (${reason})` : ""
    if (code === 4401) return new WeirError({ code: "unauthenticated", message: `The token is no longer valid${why}.` })
    if (code === 4403) return new WeirError({ code: "permission_denied", message: `The server does not allow this${why}.` })
    if (code === 1009) return new WeirError({ code: "too_large", message: `The message is too large${why}; shorten it.` })
    if (blamingCodes.includes(code)) {
      return new WeirError({ code: "protocol_violation", message: `The connection ended over a broken rule, ${code}${why}.` })
    }
    return connectionLost(`The connection was lost${why}; it is made again.`)
  }

  /** Everything that waits is sent at once, behind Hello: no round trip is spent on asking. */
  #opened() {
    if (this.#socket.protocol !== "weir.v1") {
      return this.#drop(this.#socket, new WeirError({
        code: "protocol_violation", message: "The server does not speak weir.v1; check the URL.", retryable: true,
      }))
    }
    this._isOpen = true
    this.#declined.clear()
    this.#goodbye = this.#hint = undefined
    this.#ungranted = 0
    this._send("hello", {
      version: 1, agent: this.#options.agent ?? `weir.js/${version}`,
      // 0 means no limit: a window that is used up is said as 1.
      credit: this.#window && Math.max(this.#window - this._unread, 1),
      resume: [...this.#turns.values()].map(answer => ({ turnId: answer.turnId, offset: answer.length })),
      follow: this.#followed.map(conversation => conversation.id),
    })
    for (const [id, { kind, body }] of this.#requests) this._send(kind, body, id)
    for (const answer of [...this.#waiting.values(), ...this.#unsentAsks()]) this.#sendFrame(answer)
    for (const answer of this.#turns.values()) answer._sendStop()
    this.#heard()
    this.#watchSilence()
  }

  #unsentAsks() {
    return [...this._asking.values()].filter(answer => answer._frame && !answer._frame.isSent)
  }

  /** Ends a connection without waiting for the other side, which may be gone. */
  #drop(socket, error) {
    if (this.#socket !== socket) return
    socket.onclose = socket.onmessage = socket.onopen = null
    // 1000 and 3000 to 4999 are the codes a page may send; while connecting it aborts.
    socket.close()
    this.#lost(error)
  }

  /** The connection is gone, or was not made. */
  #lost(error, code) {
    const wasReady = this.state === "online"
    this.#clear()
    if (wasReady && Date.now() - this.#readySince >= stableAfterMs) this.#failures = 0
    const isFinal = ["unauthenticated", "permission_denied"].includes(error.code)
    if (isFinal && typeof this.#options.token !== "function") return this.#close(error)
    for (const answer of this.#turns.values()) Object.assign(answer, { _asking: false, _fruitless: 0 })
    for (const conversation of this.#followed) conversation._away ??= conversation._revision
    const isBlamed = blamingCodes.includes(code)
    for (const answer of [...this.#waiting.values(), ...this._asking.values()]) {
      if (!answer._frame?.isSent) continue
      if (!this.#waiting.has(answer.clientMessageId)) {
        answer._fail(connectionLost("The connection broke before the server answered; look at the history, then try again."))
      } else if (isBlamed) answer._fail(error)
      else if (wasReady && ++answer._attempts >= maximumAttempts) {
        answer._fail(connectionLost("The message was sent on many connections and never acknowledged; try again later."))
      }
    }
    for (const [id, answer] of this._asking) if (!answer._frame) this._asking.delete(id)
    if (isBlamed) {
      for (const { reject } of this.#requests.values()) reject(error)
      this.#requests.clear()
    }
    let delay = Math.random() * Math.min(this.#timing.backoffLimit, this.#timing.backoff * 2 ** Math.min(this.#failures, 30))
    if (this.#hint) {
      // The server spreads its devices itself: what it says is drawn already.
      delay = this.#hint
      this.#failures = 0
    } else this.#failures += 1
    error.retryAfterMs = Math.round(delay)
    this.#reconnectTimer = setTimeout(() => this.#connect(), delay)
    this.#setState("offline", error)
  }

  #clear() {
    this._isOpen = false
    this.#socket = undefined
    for (const timer of [this.#reconnectTimer, this.#idleTimer, this.#pongTimer]) clearTimeout(timer)
    this.#pongTimer = undefined
  }

  #close(error) {
    if (this.state === "closed") return
    const socket = this.#socket
    this.#clear()
    this.#setState("closed", error)
    if (socket?.close) {
      socket.onmessage = socket.onclose = socket.onopen = null
      socket.close(1000)
    }
    this._ready.reject(error)
    for (const { reject } of this.#requests.values()) reject(error)
    this.#requests.clear()
    for (const conversation of this.#conversations.values()) {
      for (const answer of [...conversation.answers]) answer._fail(error)
    }
    this.#release?.()
    for (const stop of this.#wakers) stop()
  }

  #stoppedError() {
    if (this.state !== "closed") return undefined
    return new WeirError({ code: "closed", message: "The client is closed; make a new one." })
  }

  // MARK: Silence

  #heard() {
    this.#lastHeard = Date.now()
    clearTimeout(this.#pongTimer)
    this.#pongTimer = undefined
  }

  /** A peer whose cable was pulled says nothing: after a time of silence it is asked whether it is there. */
  #watchSilence() {
    const left = this.#lastHeard + this.#timing.idle - Date.now()
    if (left <= 0 && !this.#pongTimer) this.#probe(this.#timing.pong)
    this.#idleTimer = setTimeout(() => this.#watchSilence(), left > 0 ? left : this.#timing.idle)
  }

  #probe(patience) {
    if (!this._isOpen) return
    const socket = this.#socket
    this._send("ping", { nonce: Date.now() })
    clearTimeout(this.#pongTimer)
    this.#pongTimer = setTimeout(
      () => this.#drop(socket, connectionLost("The server has fallen silent; the connection is made again.")), patience)
  }

  /** The page was away, or the network changed: a connection that looks whole may be dead, and a wait may be over. */
  #watchPage() {
    const check = () => {
      if (globalThis.document?.visibilityState === "hidden") return
      if (this.state === "offline") this.#connect()
      else this.#probe(this.#timing.pong / 3)
    }
    const watch = (target, event) => {
      if (!target?.addEventListener) return
      target.addEventListener(event, check)
      this.#wakers.push(() => target.removeEventListener(event, check))
    }
    for (const event of ["online", "pageshow"]) watch(globalThis, event)
    watch(globalThis.document, "visibilitychange")
    // Not believed at once: a server on this machine needs no network.
    const offline = () => this.#probe(this.#timing.pong / 3)
    globalThis.addEventListener?.("offline", offline)
    this.#wakers.push(() => globalThis.removeEventListener?.("offline", offline))
  }

  // MARK: Sending

  _newId() {
    return ++this.#lastId
  }

  /** Sends if there is a connection, and says whether. */
  _send(kind, body, requestId = 0) {
    if (this._isOpen) this.#socket.send(encode("ClientFrame", { requestId, [kind]: body }))
    return this._isOpen
  }

  /** Text was read, or needs no reading. */
  _refund(bytes) {
    this.#ungranted += bytes
    if (!this.#window || !this._isOpen || this.#ungranted < Math.max(this.#window / 4, 1)) return
    this._send("grantCredit", { bytes: this.#ungranted })
    this.#ungranted = 0
  }

  /** Asks a question that can be asked twice without harm: a lost connection only delays the answer. */
  _ask(kind, expected, body) {
    const error = this.#stoppedError()
    if (error) return Promise.reject(error)
    const id = this._newId()
    return new Promise((resolve, reject) => {
      encode("ClientFrame", { [kind]: body })
      const timer = setTimeout(() => {
        const message = `The server has not answered for ${this.#timing.request / 1000} s; try again.`
        this.#reply(id)?.reject(new WeirError({ code: "timeout", message, retryable: true }))
      }, this.#timing.request)
      this.#requests.set(id, { kind, body, expected, timer, resolve, reject })
      this._send(kind, body, id)
    })
  }

  /** Takes a request from those that wait. */
  #reply(id) {
    const request = this.#requests.get(id)
    this.#requests.delete(id)
    clearTimeout(request?.timer)
    return request
  }

  /** Adds a message; it is sent with every connection until it is acknowledged. */
  _say(conversation, message, entry) {
    const answer = new Answer(conversation, { kind: "sendMessage", body: message })
    const { clientMessageId } = answer
    const earlier = this.#waiting.get(clientMessageId)
    answer._entry = entry ?? {
      id: clientMessageId, url: this.#place, user: this.#user, owner: this.#owner, queuedAtMs: Date.now(), message,
    }
    const refuse = (code, sentence, retryable) =>
      queueMicrotask(() => answer._fail(new WeirError({ code, message: sentence, retryable })))
    try {
      answer._bytes = encode("SendMessage", message).length
    } catch (error) {
      refuse("invalid_argument", `The message cannot be written: ${error.message}`)
      return answer
    }
    const limit = this.info?.maxMessageBytes || Infinity
    let bytes = answer._bytes
    for (const other of this.#waiting.values()) bytes += other._bytes
    if (this.#stoppedError()) refuse("closed", "The client is closed; make a new one.")
    else if (earlier) refuse("invalid_argument", "A message with this id waits already; give each its own.")
    else if (answer._bytes + 64 > limit) {
      refuse("too_large", `The message has ${answer._bytes} bytes and the server takes ${limit}; shorten it.`)
    } else if (!entry && (bytes > maximumWaiting.bytes || this.#waiting.size >= maximumWaiting.messages)) {
      refuse("overloaded", "Too many messages wait for the server; send again when they are through.", true)
    } else {
      this.#waiting.set(clientMessageId, answer)
      this.#mine.add(clientMessageId)
      if (this.#mine.size > maximumWaiting.messages) this.#mine.delete(this.#mine.values().next().value)
      this.#keep(answer._entry)
      this.#follow(conversation)
      if (this._isOpen) this.#sendFrame(answer)
    }
    return answer
  }

  /** Asks for a turn with a frame that must not be repeated: the server would not know it again. */
  _begin(conversation, frame) {
    const answer = new Answer(conversation, frame)
    const error = this.#stoppedError()
    if (error) {
      queueMicrotask(() => answer._fail(error))
      return answer
    }
    answer._requestId = this._newId()
    this._asking.set(answer._requestId, answer)
    this.#follow(conversation)
    if (this._isOpen) this.#sendFrame(answer)
    else {
      const late = connectionLost("There is no connection; try again when it is back.")
      setTimeout(() => answer._frame && !answer._frame.isSent && answer._fail(late), this.#timing.request)
    }
    return answer
  }

  #sendFrame(answer) {
    if (!answer._requestId || answer._frame.isSent) answer._requestId = this._newId()
    answer._frame.isRepeated = answer._frame.isSent || answer._isInherited
    answer._frame.isSent = true
    this._asking.set(answer._requestId, answer)
    this._send(answer._frame.kind, answer._frame.body, answer._requestId)
  }

  #follow(conversation) {
    const list = this.#followed
    if (list.at(-1) === conversation) return
    if (list.includes(conversation)) list.splice(list.indexOf(conversation), 1)
    list.push(conversation)
    if (list.length > maximumFollowed) list.shift()
  }

  // MARK: What outlives the page

  get #place() {
    return this.#url.origin + this.#url.pathname
  }

  get #user() {
    return this.info?.user ?? this.#options.user ?? ""
  }

  /** While this page lives it holds a lock by the name of its queue: others leave its messages alone. */
  #holdLock() {
    globalThis.navigator?.locks?.request(`weir.${this.#owner}`, () =>
      new Promise(resolve => (this.#release = resolve))).catch(nothing)
  }

  /** A store that fails (private windows, a full disk) leaves the message in this page's memory. */
  async #keep(entry) {
    try {
      await this.#store.put(entry)
    } catch (error) {
      this._emit("error", new WeirError({ code: "not_saved", message: `The message is kept in memory only: ${error?.message}` }))
    }
  }

  async #stored() {
    const all = await this.#store.all().catch(() => [])
    return all.filter(entry => entry.url === this.#place && (entry.user === this.#user || this.#isAnybodys(entry)))
  }

  /** Written before the server had said whose it is. With tokens that is not known, and the message is left alone. */
  #isAnybodys(entry) {
    return entry.user === "" && !this.#options.token
  }

  /** Takes over what pages that are gone had not brought to the server. */
  async #inherit() {
    const locks = globalThis.navigator?.locks
    const take = async () => {
      const held = new Set((await locks?.query())?.held.map(lock => lock.name))
      for (const entry of await this.#stored()) {
        if (entry.owner === this.#owner || held.has(`weir.${entry.owner}`) || this.#mine.has(entry.id)) continue
        const mine = { ...entry, owner: this.#owner, user: this.#user }
        const answer = this._say(this.conversation(entry.message.conversationId), entry.message, mine)
        answer._isInherited = true
      }
    }
    // One page at a time, so that two do not take the same message. If they did, its id would keep it one.
    await (locks ? locks.request("weir.inherit", take) : take())
  }

  /** An answer is over; unless the client itself is, its message need not be kept. */
  _forget(answer, error) {
    if (this.#turns.get(answer.turnId) === answer) this.#turns.delete(answer.turnId)
    for (const [id, other] of this._asking) if (other === answer) this._asking.delete(id)
    this.#acknowledged(answer, this.state !== "closed")
  }

  #acknowledged(answer, isOver = true) {
    if (this.#waiting.get(answer.clientMessageId) !== answer) return
    this.#waiting.delete(answer.clientMessageId)
    if (isOver) this.#store.delete(answer.clientMessageId).catch(nothing)
  }

  // MARK: Receiving

  #received(data) {
    let frame
    try {
      if (!(data instanceof ArrayBuffer)) throw new TypeError("text")
      frame = decode("ServerFrame", new Uint8Array(data))
    } catch {
      const message = "The server sent something that is no frame; the connection is made again."
      return this.#drop(this.#socket, new WeirError({ code: "protocol_violation", message, retryable: true }))
    }
    this.#heard()
    for (const kind in frame) if (kind !== "requestId") this.#on[kind](frame[kind], frame.requestId)
  }

  /** What each kind of frame does. */
  #on = {
    delta: delta => {
      const answer = this.#turns.get(delta.turnId)
      if (answer) return answer._receive(delta)
      this.#decline(delta.turnId)
      this._refund(utf8.encode(delta.text).length)
    },
    welcome: ({ resumed, ...info }) => {
      const isFirst = !this.info
      this.info = info
      this.#readySince = Date.now()
      this.#setState("online")
      this._ready.resolve(info)
      // What was said before the server knew whose it is.
      if (isFirst) for (const { _entry } of this.#waiting.values()) this.#keep(Object.assign(_entry, { user: info.user }))
      // A turn that the server has not at hand is asked for by name: has it ended, or was it never there?
      const live = new Set(resumed.filter(status => status.state !== "unknown").map(status => status.turnId))
      for (const answer of this.#turns.values()) if (!live.has(answer.turnId)) answer._subscribe()
      for (const conversation of this.#followed) if (conversation._away !== undefined) this.#catchUp(conversation)
      this.#inherit().catch(nothing)
    },
    conversationOpened: (opened, id) => {
      this.#changed(opened.conversation)
      const conversation = this.conversation(opened.conversation.id)
      this.#follow(conversation)
      opened.answers = opened.turns.map(({ turnId }) => this._takeUp(conversation, turnId, this.#declined.has(turnId)))
      this.#answered(id, "conversationOpened", opened)
    },
    conversationList: (list, id) => this.#answered(id, "conversationList", list),
    conversationChanged: (changed, id) => {
      this.#changed(changed.conversation)
      this.#answered(id, "conversationChanged", changed)
    },
    conversationDeleted: ({ conversationId }, id) => {
      this.#deleted(conversationId)
      this.#answered(id, "conversationDeleted", {})
    },
    historyPage: (page, id) => {
      const conversation = this.conversation(page.conversationId)
      conversation._saw(page.revision)
      page.answers = page.turns.map(({ turnId }) => this._takeUp(conversation, turnId, true))
      this.#answered(id, "historyPage", page)
    },
    ack: (ack, id) => {
      const answer = this._asking.get(id) ?? this.#waiting.get(ack.clientMessageId)
      // Accepted is not safe yet: the message stays until it is on disk.
      if (!answer?._frame || !ack.turnId || !["durable", "started", "done"].includes(ack.level)) return
      const { isRepeated } = answer._frame
      this.#acknowledged(answer)
      this._asking.delete(id)
      answer.conversation._saw(ack.revision)
      answer._acknowledged(ack)
      const other = this.#turns.get(ack.turnId)
      if (other) return answer._mirror(other)
      answer.turnId = ack.turnId
      this.#turns.set(ack.turnId, answer)
      if (answer._isInherited) answer.conversation._tell("answer", answer)
      // Some of it may have passed already.
      if (ack.duplicate || isRepeated || this.#declined.delete(ack.turnId)) answer._subscribe()
      answer._sendStop()
    },
    messageAdded: ({ conversationId, message, revision }) => {
      const conversation = this.conversation(conversationId)
      conversation._saw(revision)
      if (!message || this.#mine.has(message.clientMessageId)) return
      conversation._emit("message", readable(message))
      this._emit("message", message, conversationId)
    },
    turnStarted: started => {
      const { turnId, conversationId, offset } = started
      const conversation = this.conversation(conversationId)
      if (!this.#turns.has(turnId) && !this._hears("answer") && !conversation._hears("answer")) return this.#decline(turnId)
      const answer = this._takeUp(conversation, turnId, false)
      if (!answer.started) answer._tell("started", started, { started, queue: undefined, state: "running" })
      // Of an answer that goes on with another, the beginning is missing here.
      if (offset > answer.length) answer._ask()
    },
    queuePosition: queue => this.#turns.get(queue.turnId)?._tell("queue", queue, { queue }),
    turnFinished: finished => this.#ended(finished, "_finished"),
    turnFailed: failed => this.#ended(failed, "_failed"),
    turnSeam: seam => {
      const answer = this.#turns.get(seam.turnId)
      // A new connection may tell of it again.
      if (!answer || answer._seam === seam.offset) return
      answer._tell("seam", seam, { _seam: seam.offset })
    },
    subscribed: ({ status, offset, message }, id) => {
      this._asking.delete(id)
      const answer = this.#turns.get(status?.turnId)
      if (!answer) return
      answer._asking = false
      if (message) answer._receiveWhole(message)
      else if (status.state === "unknown") {
        answer._fail(new WeirError({ code: "not_found", message: "The server no longer knows this answer; read the history." }))
      } else {
        if (answer.state === "sending") answer.state = status.state === "queued" ? "waiting" : "running"
        // Text from behind the position would leave a hole.
        if (offset > answer.length) answer._ask()
      }
    },
    usageReport: (report, id) => this.#answered(id, "usageReport", report),
    pong: nothing,
    error: (fields, id) => {
      const error = new WeirError(fields)
      const request = this.#reply(id)
      const answer = this._asking.get(id)
      if (request) request.reject(error)
      else if (answer) {
        // A message that a stopping server did not take goes to the one that comes after it.
        if (error.code !== "shutting_down" || !this.#waiting.has(answer.clientMessageId)) answer._fail(error)
      } else if (!id) this._emit("error", error)
    },
    goodbye: goodbye => {
      this.#goodbye = goodbye
      this.#hint = goodbye.reconnectAfterMs
    },
  }

  #answered(id, kind, value) {
    const request = this.#reply(id)
    if (!request) return
    if (request.expected === kind) return request.resolve(value)
    request.reject(new WeirError({ code: "protocol_violation", message: "The server answered another question than was asked." }))
  }

  #changed(info) {
    if (!info) return
    const conversation = this.conversation(info.id)
    conversation.info = info
    conversation._saw(info.revision)
    conversation._tell("conversation", info)
  }

  #deleted(conversationId) {
    const conversation = this.conversation(conversationId)
    this.#followed = this.#followed.filter(other => other !== conversation)
    conversation._tell("deleted")
    this.#conversations.delete(conversationId)
  }

  #ended(end, method) {
    this.#declined.delete(end.turnId)
    const answer = this.#turns.get(end.turnId)
    answer?.conversation._saw(end.revision)
    answer?.[method](end)
  }

  /** The answer of a turn: the one that is there, else a new one, which is announced. */
  _takeUp(conversation, turnId, asks) {
    const known = this.#turns.get(turnId)
    if (known) return known
    const answer = new Answer(conversation)
    answer.turnId = turnId
    answer.state = "waiting"
    this.#turns.set(turnId, answer)
    this.#declined.delete(turnId)
    if (asks) answer._subscribe()
    conversation._tell("answer", answer)
    return answer
  }

  /** Text that nobody reads is not worth its bytes. */
  #decline(turnId) {
    if (this.#declined.size >= 1_024) this.#declined.clear()
    if (this.#declined.has(turnId)) return
    this.#declined.add(turnId)
    this._send("unsubscribeTurn", { turnId })
  }

  /** After a time away: were there messages, do answers run, is it still there? */
  async #catchUp(conversation) {
    const seen = conversation._away
    conversation._away = undefined
    try {
      const page = await this._ask("getHistory", "historyPage", { conversationId: conversation.id, limit: 1 })
      if (page.revision > seen) conversation._tell("missed")
    } catch (error) {
      if (error.code === "not_found" && seen > 0) this.#deleted(conversation.id)
    }
  }
}

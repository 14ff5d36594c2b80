/**
 * weir.js: the client of a Weir server for browsers, Node, Deno and Bun. One ES module, no dependencies.
 *
 * It speaks `weir.v1` (binary) and does what a good device does: it connects again by itself, goes on with every running
 * answer at the byte it had reached, sends what was not acknowledged again under the same id, keeps what is said while
 * offline, and takes text only as fast as it is read.
 *
 * ## Five examples
 *
 * Each of them is run by `Tests/web/examples.test.mjs`. With a page that chats they are in `weir-js.md` too.
 *
 * 1. Ask, and show the answer as it comes.
 * ```js
 * const weir = new Weir({ url: "wss://chat.example.org/", token: "eyJ..." })
 * const answer = weir.conversation().send("Why is the sky blue?")
 * for await (const piece of answer) {
 *   if (piece.kind === "text") show(piece.text)
 * }
 * const message = await answer.done
 * show(`\n${message.model}, ${message.usage.outputTokens} tokens`)
 * weir.close()
 * ```
 *
 * 2. Open a conversation and show its past, what other devices say, and every answer that runs: after a reload, the one
 *    that was running goes on.
 * ```js
 * const weir = new Weir({ url: "wss://chat.example.org/", token: fetchToken })
 * const conversation = weir.conversation("holiday")
 * conversation.on("message", message => show(message.text))
 * conversation.on("answer", answer => {
 *   answer.on("delta", piece => show(piece.text))
 *   answer.on("end", (message, error) => show(error ? error.message : message.status))
 * })
 * await conversation.open()
 * const { messages } = await conversation.history({ limit: 20 })
 * for (const message of messages) show(message.text)
 * ```
 *
 * 3. Stop an answer, go on with it, and ask for another.
 * ```js
 * const conversation = weir.conversation()
 * const answer = conversation.send("Tell me a long story. [[tokens=400 rate=100]]")
 * for await (const piece of answer) {
 *   if (answer.text.length > 100) answer.stop()
 * }
 * show((await answer.done).status) // "stopped"
 * const whole = await conversation.continue().done // begins with what there was
 * show(whole.text.startsWith(answer.text)) // true
 * const other = await conversation.regenerate().done
 * show(other.status) // "complete"
 * ```
 *
 * 4. Let the model call a tool.
 * ```js
 * const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }]
 * const conversation = weir.conversation()
 * let message = await conversation.send("How is the weather? [[tool=weather]]", { tools }).done
 * while (message.finishReason === "tool_calls") {
 *   const calls = message.parts.filter(part => part.toolCall).map(part => part.toolCall)
 *   const results = calls.map(call => ({ id: call.id, text: "Sunny, 21 °C" }))
 *   message = await conversation.sendToolResults(results).done
 * }
 * show(message.text)
 * ```
 *
 * 5. Say how things stand: the connection, the queue, and what went wrong.
 * ```js
 * weir.on("state", (state, error) => show(error ? `${state}: ${error.message}` : state))
 * const answer = weir.conversation().send("Hello", { onConflict: "reject", deadlineMs: 60_000 })
 * answer.on("queue", place => show(`${place.position} before you, about ${place.estimateMs} ms`))
 * try {
 *   await answer.done
 * } catch (error) {
 *   show(error.message) // a sentence for people
 *   if (error.retryable) setTimeout(again, error.retryAfterMs)
 * }
 * const { plan, limits } = await weir.usage()
 * for (const limit of limits) show(`${plan}: ${limit.remaining} of ${limit.limit} ${limit.name}`)
 * ```
 *
 * ## Numbers and names
 *
 * Times are milliseconds, of 1970 (UTC) where they are points in time. Offsets and lengths of answers are bytes of
 * UTF-8, over all parts in order. Sequences, revisions and turn ids are whole numbers; one beyond 2^53 (which no server
 * of ours comes to) is a `bigint` at run time. What a newer server calls by a name that this client does not know is
 * its number, where a word is expected.
 */
export const version: string

/** How a `Weir` is set up. */
export interface Options {
  /** The server: `ws:`, `wss:`, `http:` or `https:`. In a page: the page's own server if left out. */
  url?: string | URL
  /**
   * A token (JWT), or a function that fetches one: called before each attempt to connect, so a token that has expired
   * is replaced by itself. If it throws, the client tries again later; if what it throws has `retryable: false`, the
   * client closes with that error.
   */
  token?: string | (() => string | Promise<string>)
  /**
   * Who to be where the server asks for no token. With a token: whose messages the offline queue holds until the server
   * has said so; of use where a page can start offline.
   */
  user?: string
  /**
   * Where messages wait until the server has acknowledged them. `"indexeddb"`: survives the tab (the default where there
   * is IndexedDB); `"memory"`, which is also where they are if a store fails; or a store of your own.
   */
  storage?: "indexeddb" | "memory" | QueueStore
  /** Bytes of answer text that may be unread, all answers together; default 262,144. 0: no limit. */
  credit?: number
  /** The name of the software, for the server's logs. */
  agent?: string
  /** The WebSocket class, where there is no global one (Node before 22). */
  webSocket?: typeof WebSocket
  /** Milliseconds; see the defaults. For tests and strange networks. */
  timing?: Partial<Timing>
}

/** Waits, in milliseconds. */
export interface Timing {
  /** The first wait before connecting again is drawn from 0 to this: 250. It doubles with each failure. */
  backoff: number
  /** The upper end of every such wait: 15,000. */
  backoffLimit: number
  /** How long connecting may take: 10,000. */
  connect: number
  /** After so long without a frame the server is pinged: 15,000. */
  idle: number
  /** A ping without answer for so long ends the connection: 10,000; a third of it after the page was away. */
  pong: number
  /** A question without answer for so long fails, with a connection or without: 30,000. */
  request: number
}

/** Where the client stands. `"closed"` is for good: by `close()`, or because connecting again is pointless. */
export type State = "connecting" | "online" | "offline" | "closed"

/** A client: one connection, all conversations of one user. It connects by itself, at once and again. */
export class Weir {
  constructor(options?: Options)
  /** Where the client stands. */
  readonly state: State
  /** What the server has said of itself; undefined before the first connection. */
  readonly info?: Welcome
  /** Resolves with the first connection; rejects if the client closes before there is one. */
  readonly ready: Promise<Welcome>
  /** Listens; the return value ends that. */
  on<K extends keyof WeirEvents>(event: K, listener: WeirEvents[K]): () => void
  /** A conversation; without an id a new one, which is made with its first message. The same id is the same object. */
  conversation(id?: string): Conversation
  /** The user's conversations, last changed first. `limit` is 1 to 200, 50 if left out. */
  conversations(options?: { limit?: number; cursor?: string }): Promise<ConversationPage>
  /** The user's plan, its limits and what is left of them. */
  usage(): Promise<Usage>
  /** Messages that the server has not acknowledged, oldest first: those of this client, and those it found in the store. */
  queued(): Promise<QueuedMessage[]>
  /** Tries to connect now, rather than when the wait is over. Of no effect while connected or closed. */
  reconnect(): void
  /** Ends the connection and all that waits for it. Unacknowledged messages stay in the store. */
  close(): void
}

/** The events of `Weir`. What a listener throws is reported as uncaught; the others hear the event all the same. */
export interface WeirEvents {
  /** The state changed; `error` says why, and its `retryAfterMs` when the next attempt comes. */
  state: (state: State, error?: WeirError) => void
  /** A conversation was made, renamed or has moved on, by any device of the user. */
  conversation: (info: ConversationInfo) => void
  /** A conversation was deleted, by any device of the user. */
  deleted: (conversationId: string) => void
  /**
   * An answer that this client did not ask for itself: begun by another device, found running by `open()` or
   * `history()`, or of a message that an earlier page had left in the store. Each once, here and at its conversation.
   */
  answer: (answer: Answer) => void
  /** A message was added by another device to a conversation that this one follows. */
  message: (message: Message, conversationId: string) => void
  /**
   * Messages came to a followed conversation while this device was away, and they will not be told one by one: read its
   * history again.
   */
  missed: (conversationId: string) => void
  /** The server refused something that nobody waits for. */
  error: (error: WeirError) => void
}

/** The events of `Conversation`: those of `Weir` that are about it. */
export interface ConversationEvents {
  conversation: (info: ConversationInfo) => void
  deleted: () => void
  answer: (answer: Answer) => void
  message: (message: Message) => void
  missed: () => void
}

/** One conversation. It is followed as soon as it is opened, or something is sent to it. */
export class Conversation {
  private constructor()
  /** 1 to 64 characters of `[A-Za-z0-9_-]`. */
  readonly id: string
  /** As the server last described it; undefined before that. */
  readonly info?: ConversationInfo
  /** The answers that wait or run, as far as this client knows, oldest first. */
  readonly answers: Answer[]
  /** Listens; the return value ends that. */
  on<K extends keyof ConversationEvents>(event: K, listener: ConversationEvents[K]): () => void
  /** Makes the conversation or finds it, follows it, and takes up its running answers. `title` is for a new one. */
  open(title?: string): Promise<{ conversation: ConversationInfo; created: boolean; answers: Answer[] }>
  /**
   * A page of messages, in ascending order; the newest if `before` (a sequence) is left out. `limit` is 1 to 500, 50 if
   * left out. `answers` wait or run: their text is not in `messages` yet.
   */
  history(options?: { before?: number; limit?: number }): Promise<HistoryPage>
  /**
   * Adds a message and asks for its answer. Returns at once and never throws: what goes wrong ends the answer. Offline,
   * the message waits.
   */
  send(content: string | Part[], options?: SendOptions): Answer
  /** Sends the results of the tools that the last answer asked for. */
  sendToolResults(results: ToolResult[], options?: SendOptions): Answer
  /**
   * Goes on with the last answer, if it was stopped, broke off or was cut by length. The new answer has the old text from
   * the beginning on, and takes its place (the same `sequence`). This and `regenerate()` cannot be repeated safely: they
   * need a connection, and end with `connection_lost` if there is none or if it breaks before the server has answered.
   */
  continue(options?: { turnId?: number }): Answer
  /** Asks for another answer to the last message; the old one becomes superseded. */
  regenerate(options?: { turnId?: number; model?: string }): Answer
  /** The answer of a turn that exists, whoever asked for it. */
  answer(turnId: number): Answer
  /** Gives it another title, of at most 512 bytes. */
  rename(title: string): Promise<ConversationInfo>
  /** Deletes it with all its messages. */
  delete(): Promise<void>
}

/** How a message is sent. */
export interface SendOptions {
  /** One of `info.models`; left out: the first of them. */
  model?: string
  /** One of `info.lanes`; left out: the best. */
  lane?: string
  /** Refuse (`deadline_exceeded`) if the answer has not begun after so long; left out: the lane's own time. */
  deadlineMs?: number
  /** The tools that the model may call, in OpenAI's form, as an array or as JSON; left out: as before in the conversation. */
  tools?: unknown[] | string
  /** Never answer from the cache. */
  noCache?: boolean
  /** While another answer runs: wait for it (`"queue"`, the default), stop it, or refuse this message (`turn_running`). */
  onConflict?: "queue" | "interrupt" | "reject"
  /** Refuse (`stale_revision`) if the conversation's revision is another. */
  expectedRevision?: number
  /**
   * The message's own id, at most 64 bytes, unique within the user. Left out: random. The same id is stored once; while it
   * waits, sending it again gives the same answer.
   */
  clientMessageId?: string
}

/**
 * An answer that comes, or a message that waits for one.
 *
 * Reading it with `for await` is what lets more text come: a loop that pauses holds the server back, and once
 * `Options.credit` bytes are unread, all other answers too. While no loop runs, text is taken as it comes.
 * A loop that begins late gets what was missed first. Leaving a loop leaves the answer running.
 */
export class Answer implements AsyncIterable<Piece> {
  private constructor()
  /** The conversation it is in. */
  readonly conversation: Conversation
  /** The id of the message it answers; empty where this client did not send one. */
  readonly clientMessageId: string
  /** The parts of the message it answers; undefined where this client did not send one. */
  readonly question?: Part[]
  /** Names the turn; undefined until the server has. */
  readonly turnId?: number
  /** `"sending"` until the message is on the server's disk, `"waiting"` until text can come, then `"running"`, then `"ended"`. */
  readonly state: "sending" | "waiting" | "running" | "ended"
  /** The text so far, without reasoning and tool calls. */
  readonly text: string
  /** All that has come so far, in order. */
  readonly parts: Part[]
  /** What has come so far, in bytes of UTF-8 of all parts. */
  readonly length: number
  /** The last place in the queue; undefined where it did not wait, or no longer. */
  readonly queue?: QueuePosition
  /** How the answer began; undefined before, or if this client came later. */
  readonly started?: TurnStarted
  /**
   * The finished message: complete, or stopped. Rejects with a `WeirError` if the message was refused or the answer broke
   * off; `error.partial` is what there is of it. May be left alone: nothing is reported as unhandled.
   */
  readonly done: Promise<Message>
  /** The message is on the server's disk. Rejects as `done` does. Resolves with undefined for an answer of other devices. */
  readonly sent: Promise<Ack | undefined>
  /**
   * Stops the answer, or has it stopped as soon as it exists; what has come is kept. A message that was never sent is
   * taken back: `done` rejects with `withdrawn`.
   */
  stop(): void
  /** Listens; the return value ends that. A listener for `"delta"` gets what comes from then on, at its own pace or not. */
  on<K extends keyof AnswerEvents>(event: K, listener: AnswerEvents[K]): () => void
  /** Reads it, from its beginning. Throws what broke it off, after the last piece. */
  [Symbol.asyncIterator](): AsyncIterator<Piece>
}

/** The events of `Answer`. */
export interface AnswerEvents {
  /** The message is on the server's disk. */
  sent: (ack: Ack) => void
  /** It waits, and where. */
  queue: (place: QueuePosition) => void
  /** It begins. */
  started: (started: TurnStarted) => void
  /** The next piece of it. */
  delta: (piece: Piece) => void
  /** Another endpoint goes on with it. */
  seam: (seam: TurnSeam) => void
  /** It has ended; `error` if it broke off or was refused, with `message` as far as there is one. Once. */
  end: (message: Message | undefined, error?: WeirError) => void
}

/** A stretch of an answer. `text` may be empty for `"toolCall"`, which begins a call; its arguments follow. */
export type Piece =
  | { kind: "text" | "reasoning" | "toolArguments"; text: string }
  | { kind: "toolCall"; text: ""; id: string; name: string }

/** What went wrong: `code` for programs, `message` for people. */
export class WeirError extends Error {
  /** The kind. */
  readonly code: ErrorCode
  /** Whether the same request can succeed later, unchanged. */
  readonly retryable: boolean
  /** Not before so long; 0: no advice. */
  readonly retryAfterMs: number
  /** With `stale_revision`: the conversation's revision. */
  readonly revision: number
  /** With `rate_limited` and `budget_exceeded`: which limit. */
  readonly limit?: LimitState
  /** With an answer that broke off: what there is of it. */
  readonly partial?: Message
}

/** The kinds of errors: the server's (see `ErrorCode` in `schemas/weir/v1/common.proto`), then the client's own. */
export type ErrorCode =
  | "unspecified" | "invalid_argument" | "unauthenticated" | "permission_denied" | "not_found" | "stale_revision"
  | "turn_running" | "overloaded" | "rate_limited" | "too_large" | "not_saved" | "upstream_failed" | "upstream_timeout"
  | "upstream_rejected" | "upstream_overloaded" | "interrupted" | "shutting_down" | "internal" | "abandoned"
  | "budget_exceeded" | "deadline_exceeded"
  /** There is no connection, or it broke, and the request cannot be repeated safely. */
  | "connection_lost"
  /** The server broke the protocol. */
  | "protocol_violation"
  /** No answer came in time. */
  | "timeout"
  /** A message was taken back before it was sent. */
  | "withdrawn"
  /** The client was closed. */
  | "closed"

/** One piece of a message: exactly one of these is set. */
export interface Part {
  text?: string
  reasoning?: { text: string; signature: string }
  toolCall?: { id: string; name: string; arguments: string }
  toolResult?: { toolCallId: string; text: string; failed: boolean }
}

/** What a tool gave, for the call with this id. `failed`: the tool could not do it. */
export interface ToolResult {
  id: string
  text: string
  failed?: boolean
}

/** One entry of a conversation. */
export interface Message {
  /** Its place: grows, may have gaps, never changes. */
  sequence: number
  role: "unspecified" | "system" | "user" | "assistant" | "tool"
  parts: Part[]
  /** The text parts, joined. */
  text: string
  /** When it was stored; for an answer that has just come in, by this device's clock. */
  createdAtMs: number
  turnId: number
  clientMessageId: string
  status: "unspecified" | "complete" | "streaming" | "stopped" | "interrupted" | "superseded"
  finishReason: FinishReason
  usage?: TokenUsage
  model: string
  error?: ErrorInfo
  promptVersion: string
  cached: boolean
  toolsJson: string
}

export type FinishReason = "unspecified" | "complete" | "length" | "content_filter" | "tool_calls" | "stopped"

/** An error as a message carries it. */
export interface ErrorInfo {
  code: ErrorCode
  message: string
  retryable: boolean
  retryAfterMs: number
  revision: number
  limit?: LimitState
}

export interface TokenUsage {
  inputTokens: number
  outputTokens: number
  cachedInputTokens: number
  reasoningTokens: number
  /** The provider gave no figures, and Weir estimated. */
  estimated: boolean
}

export interface ConversationInfo {
  id: string
  title: string
  createdAtMs: number
  updatedAtMs: number
  /** Grows with every change. */
  revision: number
  /** The sequence of its last message; 0 when empty. */
  lastSequence: number
}

export interface ConversationPage {
  conversations: ConversationInfo[]
  /** The `cursor` for the next page; empty: this was the last. */
  nextCursor: string
}

export interface HistoryPage {
  messages: Message[]
  /** There are older ones: ask with `before: messages[0].sequence`. */
  hasMore: boolean
  revision: number
  answers: Answer[]
}

/** What the server says of itself. */
export interface Welcome {
  version: number
  server: string
  user: string
  capabilities: string[]
  serverTimeMs: number
  /** The largest frame the server takes. */
  maxMessageBytes: number
  idlePingMs: number
  /** The models that can be asked for; the first is the default. */
  models: string[]
  /** The name of the plan whose limits hold; empty: none do. */
  plan: string
  /** The lanes the token allows, best first. */
  lanes: string[]
}

export interface Usage {
  plan: string
  /** The lane of a turn that asks for none. */
  lane: string
  limits: LimitState[]
}

export interface LimitState {
  /** `"turns_per_minute"`, `"turns_at_once"`, `"tokens_per_day"` or `"tokens_per_month"`. */
  name: string
  limit: number
  remaining: number
  /** Until it is whole again; 0: it is, or time does not bring it back. */
  resetAfterMs: number
}

export interface Ack {
  clientMessageId: string
  conversationId: string
  /** The message's place in the conversation. */
  sequence: number
  turnId: number
  revision: number
  /** The same message had been stored before. */
  duplicate: boolean
}

export interface QueuePosition {
  turnId: number
  /** How many go before it; 0: it is next. */
  position: number
  lane: string
  /** Until it starts, estimated; 0: not known. */
  estimateMs: number
  /** What it waits for. */
  reason: "unspecified" | "capacity" | "rate_limit" | "provider_down" | "retry" | "conversation" | "user_limit"
}

export interface TurnStarted {
  turnId: number
  conversationId: string
  /** The sequence of the message it answers. */
  questionSequence: number
  /** The sequence it will have. */
  answerSequence: number
  model: string
  /** The turn it goes on with; 0: none. */
  continuesTurnId: number
  /** The turn whose answer it replaces; 0: none. */
  replacesTurnId: number
  /** Where its new text begins, in bytes. */
  offset: number
  cached: boolean
}

export interface TurnSeam {
  turnId: number
  /** The text from this byte on is by another endpoint. */
  offset: number
  reason?: ErrorInfo
  fromEndpoint: string
  toEndpoint: string
}

/** A message that the server has not acknowledged. */
export interface QueuedMessage {
  clientMessageId: string
  conversationId: string
  parts: Part[]
  queuedAtMs: number
  /** What becomes of it; undefined for one that another tab is sending. */
  answer?: Answer
}

/** Where unacknowledged messages are kept. Entries are plain data that `structuredClone` takes. */
export interface QueueStore {
  /** All entries. */
  all(): Promise<QueueEntry[]>
  /** Adds the entry, or replaces the one with its `id`. */
  put(entry: QueueEntry): Promise<unknown>
  /** Removes an entry; there may be none. */
  delete(id: string): Promise<unknown>
}

/** An entry of the store. */
export interface QueueEntry {
  /** The client message id. */
  id: string
  /** The server, without query. */
  url: string
  /** Whose it is; empty: not known. */
  user: string
  /** The tab that sends it, while that lives. */
  owner: string
  queuedAtMs: number
  /** The frame to send. */
  message: Record<string, unknown>
}

/**
 * The codec: a frame of `schemas/weir/v1` from its fields, and back. For tests and tools. Field names are those of the
 * schema in camelCase; enum values are words in lower case (`"rate_limited"`), or numbers where there is no word; a
 * `uint64` beyond 2^53 is a `bigint`. Fields that are not known are skipped.
 * `type` is a message's name in the schema, `"ClientFrame"` or `"ServerFrame"` for example.
 */
export function encode(type: string, value: object): Uint8Array
/** Throws a `WeirError` (`protocol_violation`) if the bytes are no such message. */
export function decode(type: string, bytes: Uint8Array): any

// The client against frames that a test makes: what no healthy server sends, and what is hard to time with a real one.
import assert from "node:assert/strict"
import { decode, encode } from "../../Sources/WeirServer/Web/Assets/weir.js"
import { connect, next, read, test } from "./support/weir.mjs"

/** The far end of a client's sockets. */
class Peer {
  sockets = []
  #wake = () => {}
  /** Frames of the client that were not taken yet. */
  frames = []

  /** The class for `Options.webSocket`. */
  get socketClass() {
    const peer = this
    return class {
      constructor(url, protocols) {
        Object.assign(this, { url: String(url), protocols, protocol: "weir.v1" })
        peer.sockets.push(this)
        queueMicrotask(() => this.onopen())
      }
      send(bytes) {
        const { requestId, ...frame } = decode("ClientFrame", bytes)
        const [[kind, body]] = Object.entries(frame)
        peer.frames.push({ kind, body, requestId })
        peer.#wake()
      }
      close() { this.isClosed = true }
    }
  }

  /** The next frame of this kind; those before it are dropped. */
  async take(kind) {
    for (;;) {
      while (this.frames.length) {
        const frame = this.frames.shift()
        if (frame.kind === kind) return frame
      }
      await new Promise(resolve => (this.#wake = resolve))
    }
  }

  send(kind, body, requestId = 0) {
    this.sockets.at(-1).onmessage({ data: encode("ServerFrame", { requestId, [kind]: body }).slice().buffer })
  }

  close(code) { this.sockets.at(-1).onclose({ code }) }

  async greet(fields) {
    const hello = await this.take("hello")
    this.send("welcome", { version: 1, user: "anna", ...fields })
    return hello.body
  }

  /** Brings a message of this client to turn 7. */
  async accept() {
    const { body, requestId } = await this.take("sendMessage")
    const { clientMessageId, conversationId } = body
    this.send("ack", { clientMessageId, conversationId, level: "durable", sequence: 1, turnId: 7, revision: 2 }, requestId)
    return body
  }

  delta(offset, text, fields) { this.send("delta", { turnId: 7, offset, text, ...fields }) }
  finish(length) { this.send("turnFinished", { turnId: 7, reason: "complete", length, sequence: 2 }) }
}

async function begin(t, options) {
  const peer = new Peer()
  const weir = connect(t, { url: "http://peer.example/", webSocket: peer.socketClass, ...options })
  const hello = await peer.greet()
  const answer = weir.conversation("c").send("?")
  await peer.accept()
  return { peer, weir, answer, hello }
}

test("text that is missing is asked for, text that was seen is cut away, and the end waits for all of it", async t => {
  const { peer, answer } = await begin(t)
  peer.delta(0, "Grö")
  peer.delta(8, "later")
  assert.deepEqual((await peer.take("subscribeTurn")).body, { turnId: 7, offset: 4 })
  peer.finish(14)
  assert.equal(answer.state, "running")
  peer.send("subscribed", { status: { turnId: 7, state: "running" }, offset: 0 })
  peer.delta(0, "Größe")
  peer.delta(2, "öße, later"), peer.delta(0, "G")
  assert.equal(answer.text, "Größe, later")
  assert.equal(answer.length, 14)
  assert.equal((await answer.done).text, "Größe, later")
})

test("text that is cut inside a character ends the answer with an error, not with a wrong one", async t => {
  const { peer, answer } = await begin(t)
  peer.delta(0, "ö")
  peer.delta(1, "水")
  await assert.rejects(read(answer), { code: "protocol_violation", retryable: true })
})

test("a hole for which no text comes when asked ends the answer", async t => {
  const { peer, answer } = await begin(t)
  for (let count = 0; count < 5; count++) {
    peer.delta(10, "x")
    peer.send("subscribed", { status: { turnId: 7, state: "running" }, offset: 10 })
  }
  await assert.rejects(answer.done, { code: "protocol_violation" })
})

test("tool calls without arguments do not come without end, nor twice over two connections", async t => {
  const { peer, answer } = await begin(t)
  const call = id => peer.delta(0, "", { kind: "toolArguments", toolCallId: id, toolName: "f" })
  call("a"), call("a")
  peer.close(1006)
  await peer.greet({ resumed: [{ turnId: 7, state: "running" }] })
  call("a"), call("b")
  peer.delta(0, "{}", { kind: "toolArguments" })
  assert.deepEqual(answer.parts.map(part => part.toolCall), [
    { id: "a", name: "f", arguments: "" }, { id: "b", name: "f", arguments: "{}" }])
  for (let count = 0; count < 200; count++) peer.delta(2, "", { kind: "toolArguments", toolCallId: `${count}`, toolName: "f" })
  await assert.rejects(answer.done, { code: "protocol_violation" })
})

test("credit is granted for what a loop has read, and what is unread counts on the next connection", async t => {
  const { peer, answer, hello } = await begin(t, { credit: 100 })
  assert.equal(hello.credit, 100)
  const loop = answer[Symbol.asyncIterator]()
  peer.delta(0, "a".repeat(30)), peer.delta(30, "b".repeat(30)), peer.delta(60, "c".repeat(40))
  assert.equal((await loop.next()).value.text, "a".repeat(30))
  assert.equal((await peer.take("grantCredit")).body.bytes, 30)
  peer.close(1006)
  const again = await peer.greet({ resumed: [{ turnId: 7, state: "running" }] })
  assert.deepEqual([again.credit, again.resume], [30, [{ turnId: 7, offset: 100 }]])
  await loop.return()
  assert.equal((await peer.take("grantCredit")).body.bytes, 70)
})

test("a kind of text that has no name yet counts its bytes and is not shown", async t => {
  const { peer, answer } = await begin(t, { credit: 8 })
  peer.delta(0, "hm", { kind: 9 }), peer.delta(2, "yes")
  peer.finish(5)
  assert.equal((await answer.done).text, "yes")
})

test("places in the queue, beginning and seams are told, the latter once", async t => {
  const { peer, answer } = await begin(t)
  const told = []
  for (const event of ["queue", "started", "seam"]) answer.on(event, value => told.push([event, value.position ?? value.model ?? value.toEndpoint]))
  peer.send("queuePosition", { turnId: 7, position: 3, reason: "capacity" })
  assert.deepEqual([answer.queue.reason, answer.state], ["capacity", "waiting"])
  peer.send("turnStarted", { turnId: 7, conversationId: "c", model: "m" })
  peer.delta(0, "one")
  for (let count = 0; count < 2; count++) peer.send("turnSeam", { turnId: 7, offset: 3, toEndpoint: "b" })
  assert.deepEqual(told, [["queue", 3], ["started", "m"], ["seam", "b"]])
})

test("a message that a stopping server refuses goes to the next one, under the same id", async t => {
  const peer = new Peer()
  const weir = connect(t, { url: "http://peer.example/", webSocket: peer.socketClass })
  await peer.greet()
  const answer = weir.conversation("c").send("?")
  const { body, requestId } = await peer.take("sendMessage")
  peer.send("error", { code: "shutting_down", message: "Bye." }, requestId)
  peer.send("goodbye", { code: "shutting_down", message: "Bye.", reconnectAfterMs: 5 })
  const offline = next(weir, "state")
  peer.close(1012)
  const [state, error] = await offline
  assert.deepEqual([state, error.code, error.retryAfterMs], ["offline", "shutting_down", 5])
  await peer.greet()
  assert.equal((await peer.accept()).clientMessageId, body.clientMessageId)
  assert.equal((await answer.sent).turnId, 7)
})

test("a message over which the server closes is not sent again", async t => {
  const peer = new Peer()
  const weir = connect(t, { url: "http://peer.example/", webSocket: peer.socketClass })
  await peer.greet()
  const answer = weir.conversation().send("?")
  await peer.take("sendMessage")
  peer.close(1009)
  await assert.rejects(answer.done, { code: "too_large" })
  await peer.greet()
  assert.deepEqual(await weir.queued(), [])
})

test("what must not be repeated fails with its connection, a question only waits", async t => {
  const { peer, weir } = await begin(t)
  const continued = weir.conversation("c").continue()
  const usage = weir.usage()
  await peer.take("getUsage")
  peer.close(1006)
  await assert.rejects(continued.done, { code: "connection_lost", retryable: true })
  await peer.greet({ resumed: [{ turnId: 7, state: "running" }] })
  const { requestId } = await peer.take("getUsage")
  peer.send("usageReport", { plan: "free", lane: "normal" }, requestId)
  assert.equal((await usage).plan, "free")
})

test("a token goes as a subprotocol and not into the URL, a user without a token does", async t => {
  const peer = new Peer()
  connect(t, { url: "https://peer.example/ws?x=1#y", webSocket: peer.socketClass, token: "a.b-c_d", user: "anna" })
  await peer.greet()
  connect(t, { url: "http://peer.example/", webSocket: peer.socketClass, user: "Ännä" })
  await peer.greet()
  assert.deepEqual(peer.sockets.map(({ url, protocols }) => [url, protocols]), [
    ["wss://peer.example/ws?x=1", ["weir.v1", "weir.token.a.b-c_d"]],
    ["ws://peer.example/?user=%C3%84nn%C3%A4", ["weir.v1"]]])
})

test("bytes that are no frame end the connection, not the client", async t => {
  const { peer, weir, answer } = await begin(t)
  peer.delta(0, "one ")
  const offline = next(weir, "state")
  peer.sockets.at(-1).onmessage({ data: new Uint8Array([0xff, 0xff]).buffer })
  assert.equal((await offline)[1].code, "protocol_violation")
  assert.ok(peer.sockets[0].isClosed)
  assert.deepEqual((await peer.greet({ resumed: [{ turnId: 7, state: "running" }] })).resume, [{ turnId: 7, offset: 4 }])
  peer.delta(4, "two")
  peer.finish(7)
  assert.equal((await answer.done).text, "one two")
})

test("pieces cost the same at the end of a long answer as at its beginning", async t => {
  const { peer, answer } = await begin(t)
  const loop = read(answer)
  const times = []
  let offset = 0
  const clock = () => Number(process.hrtime.bigint()) / 1e6
  for (let round = 0; round < 20; round++) {
    const start = clock()
    for (let count = 0; count < 2_000; count++, offset += 8) {
      peer.delta(offset, "eight...")
      if (count % 16 === 0) await null
    }
    times.push(clock() - start)
  }
  peer.finish(offset)
  assert.equal((await loop).length, 320_000)
  const median = values => values.toSorted((one, other) => one - other)[values.length >> 1]
  const [early, late] = [median(times.slice(5, 12)), median(times.slice(13))]
  t.diagnostic(`${(late / 2).toFixed(2)} µs for a piece at 300 KB, ${(early / 2).toFixed(2)} µs at 120 KB`)
  assert.ok(late < early * 5, `${early} ms, then ${late} ms`)
})

// The client against a real server: WEIR_BINARY names it.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before } from "node:test"
import { Proxy } from "./support/proxy.mjs"
import { binary, Server } from "./support/server.mjs"
import { connect, grown, next, read, test, textsOf } from "./support/weir.mjs"

let server
before(async () => (server = await Server.start()))
after(() => server[Symbol.asyncDispose]())

/** A proxy before a server that ends with the test. */
async function proxy(test, target = server) {
  const proxy = await Proxy.to(target.port)
  test.after(() => proxy[Symbol.asyncDispose]())
  return proxy
}

/** Text in which bytes, UTF-16 units and characters all count differently. */
const wide = "Größe 水 👩🏽‍💻 \u{10ffff} \ufeff"

test("an answer streams, and its message is what the history has", async t => {
  const weir = connect(t, { url: server.url })
  const conversation = weir.conversation()
  const answer = conversation.send(`${wide} [[tokens=200 rate=2000]]`)
  assert.equal(answer.state, "sending")
  const kinds = []
  for (const kind of ["sent", "started", "end"]) answer.on(kind, () => kinds.push(kind))
  const text = await read(answer)
  const message = await answer.done
  const ack = await answer.sent
  assert.deepEqual(kinds, ["sent", "started", "end"])
  assert.equal(message.text, text)
  assert.ok(text.includes("水 👩🏽‍💻"))
  assert.equal(answer.length, Buffer.byteLength(text))
  const { messages, hasMore, answers } = await conversation.history()
  assert.deepEqual([hasMore, answers], [false, []])
  assert.deepEqual(messages.map(({ role }) => role), ["user", "assistant"])
  assert.deepEqual([messages[0].sequence, messages[1].sequence], [ack.sequence, message.sequence])
  const timeless = ({ createdAtMs, ...rest }) => rest
  assert.deepEqual(timeless(messages[1]), timeless(message))
})

test("what was asked is found in the list, can be renamed, paged and deleted", async t => {
  const weir = connect(t, { url: server.url, user: "liste" })
  const changes = []
  weir.on("conversation", info => changes.push(info.title))
  for (const name of ["a", "b", "c"]) await weir.conversation(name).send(`about ${name}`).done
  const first = await weir.conversations({ limit: 2 })
  const second = await weir.conversations({ limit: 2, cursor: first.nextCursor })
  assert.deepEqual([...first.conversations, ...second.conversations].map(({ id }) => id), ["c", "b", "a"])
  assert.equal(second.nextCursor, "")
  assert.equal((await weir.conversation("a").rename("Über 水")).title, "Über 水")
  assert.equal(weir.conversation("a").info.title, "Über 水")
  assert.ok(changes.includes("Über 水"))
  const page = await weir.conversation("a").history({ limit: 1 })
  assert.ok(page.hasMore)
  const older = await weir.conversation("a").history({ limit: 1, before: page.messages[0].sequence })
  assert.deepEqual(textsOf(older), ["about a"])
  const deleted = next(weir, "deleted")
  await weir.conversation("b").delete()
  assert.deepEqual(await deleted, ["b"])
  await assert.rejects(weir.conversation("b").history(), { code: "not_found", name: "WeirError" })
})

test("stopped, continued, regenerated", async t => {
  const weir = connect(t, { url: server.url })
  const conversation = weir.conversation()
  const question = `${wide} [[tokens=300 rate=400]]`
  const answer = conversation.send(question)
  await grown(answer, 200)
  answer.stop()
  const stopped = await answer.done
  assert.deepEqual([stopped.status, stopped.finishReason], ["stopped", "stopped"])
  const again = conversation.continue()
  const whole = await read(again)
  assert.ok(whole.length > stopped.text.length && whole.startsWith(stopped.text))
  const message = await again.done
  assert.deepEqual([message.status, message.text, message.sequence], ["complete", whole, stopped.sequence])
  assert.equal(again.started.continuesTurnId, answer.turnId)
  const other = conversation.regenerate()
  const replaced = await other.done
  assert.equal(other.started.replacesTurnId, again.turnId)
  assert.ok(replaced.sequence > message.sequence)
  const { messages } = await conversation.history()
  assert.deepEqual(messages.map(({ status, text }) => [status, text]),
    [["complete", question], ["superseded", whole], ["complete", replaced.text]])
})

test("two clients read one answer; one of them stops it", async t => {
  const [asking, watching] = [connect(t, { url: server.url }), connect(t, { url: server.url })]
  await watching.conversation("both").open()
  const messages = next(watching, "message")
  const seen = next(watching.conversation("both"), "answer")
  const answer = asking.conversation("both").send("for two [[tokens=5000 rate=300]]")
  const [message, id] = await messages
  assert.deepEqual([message.text, id], ["for two [[tokens=5000 rate=300]]", "both"])
  const [other] = await seen
  assert.notEqual(other, answer)
  await Promise.all([grown(other, 300), grown(answer, 300)])
  other.stop()
  const [mine, theirs] = await Promise.all([answer.done, other.done])
  assert.deepEqual([mine.text, mine.status], [theirs.text, "stopped"])
})

test("a page that is loaded in the middle of an answer goes on with it from its beginning", async t => {
  const early = connect(t, { url: server.url })
  const answer = early.conversation("reload").send(`${wide} [[tokens=400 rate=400]]`)
  await grown(answer, 300)
  early.close()
  await assert.rejects(answer.done, { code: "closed" })
  const late = connect(t, { url: server.url })
  const announced = []
  late.on("answer", answer => announced.push(answer))
  const { answers, created } = await late.conversation("reload").open()
  assert.deepEqual([announced, created], [answers, false])
  const page = await late.conversation("reload").history()
  assert.deepEqual(page.answers, answers)
  const text = await read(answers[0])
  assert.ok(text.startsWith(answer.text))
  assert.equal((await late.conversation("reload").history()).messages[1].text, text)
})

test("a connection that is cut again and again in the middle costs and doubles no byte", async t => {
  const path = await proxy(t)
  const weir = connect(t, { url: path.url })
  const answer = weir.conversation("cut").send(`${wide} ${wide} ${wide} [[tokens=600 rate=600]]`)
  for (const length of [50, 103, 171, 400, 1500]) {
    await grown(answer, length)
    const back = next(weir, "state", state => state === "online")
    path.cut()
    await back
  }
  const text = await read(answer)
  assert.equal((await answer.done).text, text)
  assert.equal(textsOf(await weir.conversation("cut").history())[1], text)
  assert.ok(path.count > 5)
})

test("an answer that ended while the device was away comes whole", async t => {
  const path = await proxy(t)
  const weir = connect(t, { url: path.url })
  const other = connect(t, { url: server.url })
  const answer = weir.conversation("away").send(`${wide} [[tokens=300 rate=600]]`)
  const pieces = read(answer)
  await grown(answer, 100)
  path.isAway = true
  path.cut()
  const { answers } = await other.conversation("away").open()
  await Promise.all(answers.map(answer => answer.done))
  path.isAway = false
  weir.reconnect()
  const message = await answer.done
  assert.equal(await pieces, message.text)
  assert.equal(textsOf(await other.conversation("away").history())[1], message.text)
})

test("a server that is killed in the middle leaves an interrupted answer, which can be continued", async t => {
  const fragile = await Server.start()
  t.after(() => fragile[Symbol.asyncDispose]())
  const path = await proxy(t, fragile)
  const weir = connect(t, { url: path.url })
  const conversation = weir.conversation()
  const answer = conversation.send(`${wide} [[tokens=1000 rate=500]]`)
  await grown(answer, 700)
  path.isAway = true
  await fragile.end("SIGKILL")
  await fragile.start()
  path.target = fragile.port
  path.isAway = false
  const error = await answer.done.then(() => assert.fail("it cannot end well"), error => error)
  assert.equal(error.code, "interrupted")
  assert.equal(error.partial.status, "interrupted")
  assert.equal(answer.text, error.partial.text)
  const whole = await conversation.continue().done
  assert.equal(whole.status, "complete")
  assert.ok(whole.text.startsWith(error.partial.text))
  assert.equal(textsOf(await conversation.history()).at(-1), whole.text)
})

test("a server that stops says when to come back", async t => {
  const brief = await Server.start()
  t.after(() => brief[Symbol.asyncDispose]())
  const weir = connect(t, { url: brief.url })
  await weir.ready
  const offline = next(weir, "state", state => state === "offline")
  await brief.end("SIGTERM")
  const [, error] = await offline
  assert.equal(error.code, "shutting_down")
  assert.ok(error.retryAfterMs >= 500 && error.retryAfterMs <= 2500, `${error.retryAfterMs} ms`)
})

test("a message whose acknowledgement is lost is sent again and stored once", async t => {
  const path = await proxy(t)
  const [weir, watching] = [connect(t, { url: path.url }), connect(t, { url: server.url })]
  await watching.conversation("once").open()
  await weir.ready
  path.swallowsDown = true
  const arrived = next(watching, "message")
  const answer = weir.conversation("once").send("only once [[tokens=50]]")
  await arrived
  assert.equal(answer.state, "sending")
  path.swallowsDown = false
  path.cut()
  const ack = await answer.sent
  assert.equal(ack.duplicate, true)
  const text = await read(answer)
  assert.deepEqual(textsOf(await weir.conversation("once").history()), ["only once [[tokens=50]]", text])
})

test("a loop that pauses stops the flow; the answer is whole when it goes on", async t => {
  const credit = 4_000
  const [slow, quick] = [connect(t, { url: server.url, credit }), connect(t, { url: server.url })]
  await quick.conversation("slow").open()
  const seen = next(quick, "answer")
  const answer = slow.conversation("slow").send("[[tokens=20000]]")
  const loop = answer[Symbol.asyncIterator]()
  let text = (await loop.next()).value.text
  const read = Buffer.byteLength(text)
  const [other] = await seen
  const whole = (await other.done).text
  // The server has said all it wants to say when it answers the next question.
  await slow.conversations()
  assert.ok(whole.length > 20 * credit)
  assert.ok(answer.length <= read + credit, `${answer.length} bytes came, ${read} were read`)
  assert.notEqual(answer.state, "ended")
  for (let step = await loop.next(); !step.done; step = await loop.next()) text += step.value.text
  assert.equal(text, whole)
  assert.equal((await answer.done).text, whole)
})

test("without a loop text is taken as it comes, and a late loop gets all of it", async t => {
  const weir = connect(t, { url: server.url, credit: 1_000 })
  const answer = weir.conversation().send("[[tokens=5000]]")
  let heard = ""
  answer.on("delta", piece => (heard += piece.text))
  const message = await answer.done
  assert.equal(heard, message.text)
  assert.equal(await read(answer), message.text)
})

test("what is said offline waits, is listed, and comes in order", async t => {
  const path = await proxy(t)
  path.isAway = true
  const weir = connect(t, { url: path.url })
  await next(weir, "state", state => state === "offline")
  const conversation = weir.conversation("offline")
  const answers = ["one", "two"].map(text => conversation.send(`${text} [[tokens=5]]`))
  const taken = conversation.send("three")
  taken.stop()
  await assert.rejects(taken.done, { code: "withdrawn" })
  assert.deepEqual((await weir.queued()).map(({ parts, answer }) => [parts[0].text, answer]),
    [["one [[tokens=5]]", answers[0]], ["two [[tokens=5]]", answers[1]]])
  path.isAway = false
  await Promise.all(answers.map(answer => answer.done))
  assert.deepEqual(await weir.queued(), [])
  const { messages } = await conversation.history()
  assert.deepEqual(messages.filter(({ role }) => role === "user").map(({ text }) => text),
    ["one [[tokens=5]]", "two [[tokens=5]]"])
})

test("what a closed page had not sent is sent by the next one, and by one of two only", async t => {
  const path = await proxy(t)
  path.isAway = true
  const entries = new Map()
  const storage = {
    all: async () => structuredClone([...entries.values()]),
    put: async entry => entries.set(entry.id, structuredClone(entry)),
    delete: async id => entries.delete(id),
  }
  const options = { url: path.url, storage }
  const closed = connect(t, options)
  closed.conversation("left").send("left behind [[tokens=5]]")
  await next(closed, "state", state => state === "offline")
  closed.close()
  assert.equal(entries.size, 1)
  const foreign = connect(t, { ...options, user: "bert" })
  const pages = [connect(t, options), connect(t, options)]
  const taken = pages.map(page => next(page, "answer"))
  assert.deepEqual((await pages[0].queued()).map(({ parts }) => parts[0].text), ["left behind [[tokens=5]]"])
  path.isAway = false
  assert.equal((await foreign.ready).user, "bert")
  assert.deepEqual(await foreign.queued(), [])
  const [answer] = await Promise.race(taken)
  await answer.done
  assert.equal(entries.size, 0)
  for (const page of pages) {
    const { messages } = await page.conversation("left").history()
    assert.deepEqual(messages.map(({ role }) => role), ["user", "assistant"])
  }
})

test("a connection that has gone silent is noticed, and the answer goes on over another", async t => {
  const path = await proxy(t)
  const weir = connect(t, { url: path.url, timing: { idle: 100, pong: 150 } })
  const answer = weir.conversation().send("[[tokens=600 rate=600]]")
  await grown(answer, 300)
  const lost = next(weir, "state", state => state === "offline")
  path.swallowsDown = path.swallowsUp = true
  const [, error] = await lost
  assert.equal(error.code, "connection_lost")
  path.swallowsDown = path.swallowsUp = false
  assert.equal((await answer.done).text, answer.text)
})

test("what was under way when the network went is not taken for an answer to whether it is still there", async t => {
  const path = await proxy(t)
  const weir = connect(t, { url: path.url, timing: { backoff: 20 } })
  const answer = weir.conversation().send("[[tokens=2000 rate=200]]")
  await grown(answer, 300)
  const lost = next(weir, "state", state => state === "offline")
  path.swallowsUp = true
  weir._probe(300)
  await grown(answer, answer.length + 300)
  assert.equal(weir.state, "online", "as long as something comes")
  path.swallowsDown = true
  // Much sooner than silence alone would be noticed.
  const [, error] = await Promise.race([lost, new Promise(resolve => setTimeout(resolve, 5000, []))])
  assert.equal(error?.code, "connection_lost")
  path.swallowsDown = path.swallowsUp = false
  answer.stop()
  assert.equal((await answer.done).text, answer.text)
})

test("messages that came while the device was away are announced as missed", async t => {
  const path = await proxy(t)
  const [weir, other] = [connect(t, { url: path.url }), connect(t, { url: server.url })]
  await weir.conversation("missed").open()
  path.isAway = true
  path.cut()
  const running = other.conversation("missed").send("meanwhile [[tokens=2000 rate=500]]")
  await running.sent
  const missed = next(weir, "missed")
  const answered = next(weir, "answer")
  path.isAway = false
  assert.deepEqual(await missed, ["missed"])
  const [answer] = await answered
  await grown(answer, 10)
  running.stop()
  assert.equal((await answer.done).text, (await running.done).text)
})

test("reasoning and tool calls come as pieces of their own, and results go back", async t => {
  const weir = connect(t, { url: server.url })
  const conversation = weir.conversation()
  const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }]
  const asking = conversation.send("[[tool=weather reasoning=20]]", { tools })
  const kinds = []
  for await (const piece of asking) if (kinds.at(-1) !== piece.kind) kinds.push(piece.kind)
  assert.deepEqual(kinds.slice(0, 3), ["reasoning", "toolCall", "toolArguments"])
  const message = await asking.done
  assert.equal(message.finishReason, "tool_calls")
  const call = message.parts.find(part => part.toolCall).toolCall
  assert.equal(call.name, "weather")
  JSON.parse(call.arguments)
  const stored = (await conversation.history()).messages.at(-1)
  assert.deepEqual(stored.parts.map(Object.keys), message.parts.map(Object.keys))
  const answer = conversation.sendToolResults([{ id: call.id, text: "sunny 水" }])
  assert.ok((await answer.done).text.includes("sunny 水"))
})

test("refusals are typed: a code for programs, a sentence for people", async t => {
  const weir = connect(t, { url: server.url })
  const conversation = weir.conversation()
  const running = conversation.send("[[tokens=5000 rate=100]]")
  await running.sent
  const refused = conversation.send("me too", { onConflict: "reject" })
  const error = await refused.done.then(() => assert.fail(), error => error)
  assert.deepEqual([error.code, error.name], ["turn_running", "WeirError"])
  assert.match(error.message, /\.$/)
  await assert.rejects(refused.sent, { code: "turn_running" })
  await assert.rejects(read(refused), { code: "turn_running" })
  await assert.rejects(conversation.send("x", { expectedRevision: 99_999 }).done, error =>
    error.code === "stale_revision" && error.revision > 0)
  await assert.rejects(conversation.regenerate().done, { code: "turn_running" })
  await assert.rejects(conversation.send("x".repeat(9 * 1024 * 1024)).done, { code: "too_large" })
  await assert.rejects(conversation.send("x", { onConflict: "shout" }).done, { code: "invalid_argument" })
  await assert.rejects(conversation.answer(987_654).done, { code: "not_found" })
  running.stop()
  assert.equal((await running.done).status, "stopped")
})

test("an answer that breaks off at the provider has an error and its partial text", async t => {
  const weir = connect(t, { url: server.url })
  const answer = weir.conversation().send("[[tokens=50 fail=20]]")
  let text = ""
  await assert.rejects(async () => {
    for await (const piece of answer) text += piece.text
  }, error => error.partial.text === text && text.length > 0 && error.partial.error.code === error.code)
})

test("plan and limits can be asked for", async t => {
  const weir = connect(t, { url: server.url })
  const { capabilities, models, maxMessageBytes } = await weir.ready
  assert.ok(models.length > 0 && maxMessageBytes > 0)
  assert.ok(capabilities.includes("usage"), "this server is older than this test")
  const usage = await weir.usage()
  assert.ok(Array.isArray(usage.limits) && typeof usage.plan === "string" && usage.lane.length > 0)
})

test("a token is sent with each connection, fetched anew, and a bad one ends the client", async t => {
  const locked = new Server()
  const secret = join(process.env.TMPDIR ?? "/tmp", `weir-web-secret-${process.pid}`)
  writeFileSync(secret, "0123456789abcdef0123456789abcdef")
  Object.assign(locked, await Server.start("--jwt-secret-file", secret))
  t.after(() => locked[Symbol.asyncDispose]())
  const mint = user => execFileSync(binary, ["token", "--user", user, "--secret-file", secret], { encoding: "utf8" }).trim()
  const path = await proxy(t, locked)
  const fixed = connect(t, { url: path.url, token: mint("carla") })
  assert.equal((await fixed.ready).user, "carla")
  let fetched = 0
  const renewed = connect(t, { url: path.url, token: async () => {
    fetched += 1
    if (fetched === 1) throw new Error("the application is not there")
    return mint("dora")
  } })
  assert.equal((await renewed.ready).user, "dora")
  assert.equal(fetched, 2)
  const back = next(renewed, "state", state => state === "online")
  path.cut()
  await back
  assert.equal(fetched, 3)
  const bad = connect(t, { url: path.url, token: "not.a.token" })
  await assert.rejects(bad.ready, { code: "unauthenticated" })
  assert.equal(bad.state, "closed")
  const signedOut = connect(t, { url: path.url, token: () => {
    throw Object.assign(new Error("Sign in first."), { code: "unauthenticated", retryable: false })
  } })
  await assert.rejects(signedOut.ready, { message: "Sign in first." })
})

test("a closed client ends all that waits, and refuses what comes after", async t => {
  const weir = connect(t, { url: server.url })
  const answer = weir.conversation().send("[[tokens=5000 rate=100]]")
  await answer.sent
  const waiting = weir.conversations()
  weir.close()
  await assert.rejects(waiting, { code: "closed" })
  await assert.rejects(read(answer), { code: "closed" })
  await assert.rejects(weir.usage(), { code: "closed" })
  await assert.rejects(weir.conversation().send("x").done, { code: "closed" })
  await assert.rejects(weir.conversation().continue().done, { code: "closed" })
  assert.equal(weir.state, "closed")
})

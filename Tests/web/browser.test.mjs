// What only a browser has: IndexedDB, locks between tabs, events of the page, permessage-deflate.
import assert from "node:assert/strict"
import nodeTest from "node:test"
import { Browser, chromium, serveAssets } from "./support/browser.mjs"
import { Proxy } from "./support/proxy.mjs"
import { Server } from "./support/server.mjs"

const skip = !chromium && !process.env.CI && "no Chromium; name one in WEIR_CHROMIUM"
const test = (name, body) => nodeTest(name, { skip, timeout: 60_000 }, async t => {
  assert.ok(chromium, "no Chromium: name one in WEIR_CHROMIUM")
  const origin = await serveAssets(t)
  const server = await Server.start("--allow-origin", origin)
  t.after(() => server[Symbol.asyncDispose]())
  const path = await Proxy.to(server.port)
  t.after(() => path[Symbol.asyncDispose]())
  const browser = await Browser.start(t)
  /** A tab with a client, in the globals `weir` and `Weir`, and what was announced to it, in `announced`. */
  const tab = async () => {
    const page = await browser.open(origin)
    await page.run(async (origin, url) => {
      const { Weir } = await import(`${origin}/weir.js`)
      const weir = new Weir({ url, user: "anna", timing: { backoff: 20, backoffLimit: 100 } })
      const announced = []
      weir.on("answer", answer => announced.push(answer))
      Object.assign(globalThis, { Weir, weir, announced })
    }, origin, path.url)
    return page
  }
  await body({ t, path, tab })
})

test("a tab that is closed while offline loses nothing, and its message is sent once by one of the others", async ({ path, tab }) => {
  const [first, second] = [await tab(), await tab()]
  for (const page of [first, second]) await page.run(() => weir.ready.then(() => 0))
  path.isAway = true
  path.cut()
  await first.run(async () => {
    if (weir.state !== "offline") await new Promise(resolve => weir.on("state", state => state === "offline" && resolve()))
    weir.conversation("tabs").send("from a closed tab 水 [[tokens=60]]")
  })
  await second.run(() => void (globalThis.mine = weir.conversation("tabs").send("from an open tab [[tokens=60]]")))
  const queued = () => second.run(async () => (await weir.queued()).map(({ parts }) => parts[0].text))
  assert.deepEqual(await queued(), ["from a closed tab 水 [[tokens=60]]", "from an open tab [[tokens=60]]"])
  await first.close()
  const third = await tab()
  path.isAway = false
  const ended = await Promise.race([second, third].map(page => page.run(async () => {
    // The page that took the message over knows the question.
    const taken = () => announced.find(answer => answer.question)
    while (!taken()) await new Promise(resolve => weir.on("answer", resolve))
    return taken().done.then(message => message.text)
  })))
  assert.ok(ended.includes("from a closed tab 水"), ended)
  await second.run(() => mine.done.then(() => 0))
  const users = await third.run(async () => {
    const { messages } = await weir.conversation("tabs").history()
    return messages.filter(({ role }) => role === "user").map(({ text }) => text).sort()
  })
  assert.deepEqual(users, ["from a closed tab 水 [[tokens=60]]", "from an open tab [[tokens=60]]"])
  assert.deepEqual(await queued(), [])
})

test("the page's events bring the client back before its wait is over", async ({ path, tab }) => {
  const page = await tab()
  await page.run(() => weir.ready.then(() => 0))
  for (const event of ["online", "pageshow"]) {
    path.isAway = true
    path.cut()
    await page.run(async () => {
      weir._timing.backoff = weir._timing.backoffLimit = 10 ** 9
      if (weir.state !== "offline") await new Promise(resolve => weir.on("state", state => state === "offline" && resolve()))
      weir.back = new Promise(resolve => weir.on("state", state => state === "online" && resolve()))
    })
    path.isAway = false
    await page.run(event => void dispatchEvent(new Event(event)), event)
    await page.run(() => weir.back)
  }
  // A connection that has died without a word is found out by the same events.
  path.swallowsUp = path.swallowsDown = true
  const error = await page.run(() => {
    weir._timing.pong = 300
    dispatchEvent(new Event("offline"))
    return new Promise(resolve => weir.on("state", (state, error) => state === "offline" && resolve(error.code)))
  })
  assert.equal(error, "connection_lost")
})

test("an answer streams with permessage-deflate, and a paused loop holds it back", async ({ tab }) => {
  const page = await tab()
  const seen = await page.run(async () => {
    const { extensions } = await weir.ready.then(() => weir._socket)
    const whole = await weir.conversation("whole").send("[[tokens=20000]]").done
    const slow = new Weir({ url: weir._url, user: "anna", credit: 4_000, storage: "memory" })
    await slow.ready
    const answer = slow.conversation("slow").send("[[tokens=20000]]")
    const loop = answer[Symbol.asyncIterator]()
    let text = (await loop.next()).value.text
    const first = text.length
    // The other client sees the end; this one has what it was granted.
    const { answers } = await weir.conversation("slow").open()
    await Promise.all(answers.map(answer => answer.done))
    await slow.conversations()
    const held = answer.length
    for (let step = await loop.next(); !step.done; step = await loop.next()) text += step.value.text
    return { extensions, held, first, same: text === whole.text }
  })
  assert.match(seen.extensions, /permessage-deflate/)
  assert.ok(seen.held <= seen.first + 4_000, `${seen.held} bytes came`)
  assert.ok(seen.same)
})

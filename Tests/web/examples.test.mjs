// Runs the examples of weir-js.md from its text, against a real server; weir.d.ts has the same ones. Only the server's
// address is another one. The page in weir-js.md is run by Tests/web-page.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { Weir } from "../../Sources/WeirServer/Web/Assets/weir.js"
import { Server } from "./support/server.mjs"
import { connect, grown, test } from "./support/weir.mjs"

const text = path => readFileSync(new URL(`../../Sources/WeirServer/${path}`, import.meta.url), "utf8")
const examples = [...text("Resources/weir-js.md").matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code]) => code)
const declared = [...text("Web/Assets/weir.d.ts").matchAll(/ \* ```js\n([\s\S]*?) \* ```/g)]
const AsyncFunction = (async () => {}).constructor

/** Runs an example after `prepare`, and gives what it showed. */
async function run(t, number, prepare = async () => {}) {
  const server = await Server.start()
  t.after(() => server[Symbol.asyncDispose]())
  const shown = []
  const clients = []
  class Here extends Weir {
    constructor(options) {
      super({ ...options, url: server.url, token: undefined, user: "anna", storage: "memory" })
      assert.match(options.url, /^wss:/)
      clients.push(this)
      t.after(() => this.close())
    }
  }
  const weir = /\bnew Weir\(/.test(examples[number - 1]) ? undefined : connect(t, { url: server.url })
  const names = { Weir: Here, weir, show: text => shown.push(text), fetchToken: async () => "", again: () => {} }
  await prepare(server, weir)
  await new AsyncFunction(...Object.keys(names), `{${examples[number - 1]}}`)(...Object.values(names))
  return { shown, weir: weir ?? clients[0] }
}

test("there are five examples, and the declarations have the same", () => {
  assert.equal(examples.length, 5)
  assert.deepEqual(declared.map(([, code]) => code.replace(/^ \* ?/gm, "")), examples)
})

test("example 1: ask, and show the answer as it comes", async t => {
  const { shown, weir } = await run(t, 1)
  assert.match(shown.slice(0, -1).join(""), /Why is the sky blue\?/)
  assert.match(shown.at(-1), /^\ndemo, \d+ tokens$/)
  assert.equal(weir.state, "closed")
})

test("example 2: open a conversation with its past and its running answer", async t => {
  let answer
  const { shown, weir } = await run(t, 2, async server => {
    const other = connect(t, { url: server.url })
    await other.conversation("holiday").send("Where to?").done
    answer = other.conversation("holiday").send("And when? [[tokens=100 rate=200]]")
    await grown(answer, 100)
  })
  const { text } = await answer.done
  await weir.conversation("holiday").history()
  assert.ok(shown.includes("Where to?") && shown.includes("And when? [[tokens=100 rate=200]]"))
  const pieces = shown.filter(piece => text.includes(piece))
  assert.equal(pieces.join(""), text)
  assert.equal(shown.at(-1), "complete")
})

test("example 3: stop an answer, go on with it, ask for another", async t => {
  assert.deepEqual((await run(t, 3)).shown, ["stopped", true, "complete"])
})

test("example 4: let the model call a tool", async t => {
  assert.match((await run(t, 4)).shown[0], /Sunny, 21 °C/)
})

test("example 5: say how things stand", async t => {
  const { shown } = await run(t, 5)
  assert.equal(shown[0], "online")
  for (const line of shown.slice(1)) assert.match(line, /: \d+ of \d+ [a-z_]+$| before you, about /)
})

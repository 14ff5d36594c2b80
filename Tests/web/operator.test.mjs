// The operator's connection: who is let in, how often states come, what a stopping server says, and what is refused.
import assert from "node:assert/strict"
import { Server } from "./support/server.mjs"
import { test } from "./support/weir.mjs"

const secret = process.env.WEIR_ADMIN_SECRET = "correct horse bättery"
const entryOf = text => `weir.admin.${Buffer.from(text).toString("base64url")}`

async function start(t) {
  const server = await Server.start()
  t.after(() => server[Symbol.asyncDispose]())
  return server
}

/** An operator's socket; resolves to undefined if it is refused. */
async function connect(t, server, { protocol = "weir.v1.json", text = secret, path = "admin/watch" } = {}) {
  const socket = new WebSocket(`${server.url}${path}`, [protocol, entryOf(text)])
  socket.binaryType = "arraybuffer"
  t.after(() => socket.close())
  socket.frames = []
  socket.closed = new Promise(resolve => { socket.onclose = resolve })
  const isOpen = await new Promise(resolve => {
    socket.onopen = () => resolve(true)
    socket.onerror = () => resolve(false)
  })
  socket.next = () => new Promise(resolve => {
    socket.onmessage = ({ data }) => {
      socket.frames.push(data)
      resolve(typeof data === "string" ? JSON.parse(data) : data)
    }
  })
  return isOpen ? socket : undefined
}

const ask = (socket, frame) => socket.send(JSON.stringify(frame))

test("the operator is told all that is known, and again every second, however often it is asked", async t => {
  const server = await start(t)
  const socket = await connect(t, server)
  ask(socket, { requestId: "3", watchServer: {} })
  const first = await socket.next()
  assert.equal(first.requestId, "3")
  const { serverState } = first
  assert.deepEqual(serverState.lanes.map(({ name }) => name), ["interactive-premium", "interactive", "batch"])
  assert.deepEqual(serverState.endpoints.map(({ name, condition }) => [name, condition]), [["demo", "ENDPOINT_CONDITION_WELL"]])
  assert.equal(serverState.connections, 1)
  assert.ok(Number(serverState.memory.residentBytes) > 2 ** 20)
  assert.deepEqual(serverState.changes.map(({ text }) => text.replace(/\d+\.\d+\.\d+/, "N")), ["Weir N started."])
  for (let round = 0; round < 50; round++) ask(socket, { watchServer: { intervalMs: 1 } })
  const uptimes = [Number(serverState.uptimeMs)]
  for (let round = 0; round < 3; round++) {
    const frame = await socket.next()
    assert.equal(frame.requestId, undefined)
    assert.equal(frame.serverState.changes, undefined)
    uptimes.push(Number(frame.serverState.uptimeMs))
  }
  for (let round = 1; round < 4; round++) assert.ok(uptimes[round] - uptimes[round - 1] > 900, `${uptimes}`)
})

test("a state in binary says the same, and a user's device is sent none", async t => {
  const server = await start(t)
  const socket = await connect(t, server, { protocol: "weir.v1" })
  // ClientFrame.watch_server (17), empty.
  socket.send(new Uint8Array([0x8a, 0x01, 0x00]))
  const bytes = new Uint8Array(await socket.next())
  // ServerFrame.server_state (21), whose field 2 is the version.
  assert.deepEqual([...bytes.subarray(0, 2)], [0xaa, 0x01])
  assert.match(Buffer.from(bytes).toString("latin1"), /\x12\x05\d\.\d\.\d/)
  const user = await connect(t, server, { path: "?user=ann", text: "x" })
  ask(user, { requestId: "4", watchServer: {} })
  const { requestId, error } = await user.next()
  assert.deepEqual([requestId, error.code], ["4", "ERROR_CODE_PERMISSION_DENIED"])
  assert.match(error.message, /admin\/watch/)
})

test("who has not the secret is not let in, and after some guesses not looked at", async t => {
  const server = await start(t)
  for (const text of ["", secret.slice(0, -1), `${secret} `, "x", "y"]) assert.equal(await connect(t, server, { text }), undefined)
  assert.equal(await connect(t, server), undefined, "the right one came too soon")
  const refused = await fetch(server.url.replace("ws", "http") + "admin/state", { headers: { authorization: "Bearer x" } })
  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers.get("retry-after")) > 0)
})

test("so many operators may watch at once, and a place that is left is free", async t => {
  const server = await start(t)
  const all = await Promise.all(Array.from({ length: 32 }, () => connect(t, server)))
  assert.ok(all.every(Boolean))
  assert.equal(await connect(t, server), undefined)
  all[0].close()
  await all[0].closed
  let another
  while (!another) another = await connect(t, server)
  ask(another, { requestId: "1", ping: { nonce: "7" } })
  assert.deepEqual(await another.next(), { requestId: "1", pong: { nonce: "7" } })
})

test("a server that stops says goodbye to its operators", async t => {
  const server = await start(t)
  const socket = await connect(t, server)
  ask(socket, { watchServer: {} })
  await socket.next()
  server.child.kill("SIGTERM")
  let frame
  do frame = await socket.next()
  while (!frame.goodbye)
  assert.equal(frame.goodbye.code, "ERROR_CODE_SHUTTING_DOWN")
  assert.ok(frame.goodbye.reconnectAfterMs > 0)
  assert.equal((await socket.closed).code, 1012)
  await server.exited
  assert.equal(server.child.exitCode, 0)
})

test("what is no frame ends the connection with the code for it, what is not for operators is refused", async t => {
  const server = await start(t)
  const socket = await connect(t, server)
  ask(socket, { requestId: "2", sendMessage: { parts: [{ text: "hello" }] } })
  const { error } = await socket.next()
  assert.equal(error.code, "ERROR_CODE_PERMISSION_DENIED")
  ask(socket, { requestId: "3", hello: {} })
  const { welcome } = await socket.next()
  assert.deepEqual([welcome.capabilities, welcome.user], [["watch"], undefined])
  socket.send("{")
  assert.equal((await socket.closed).code, 1007)
  const binary = await connect(t, server)
  binary.send(new Uint8Array([1]))
  assert.equal((await binary.closed).code, 1003)
})

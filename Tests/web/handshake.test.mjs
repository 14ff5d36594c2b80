// What browsers send, byte for byte, over a bare socket: permessage-deflate is agreed on and used with each of them.
import assert from "node:assert/strict"
import { createHash, randomBytes } from "node:crypto"
import net from "node:net"
import { constants, deflateRawSync, inflateRawSync } from "node:zlib"
import { Server } from "./support/server.mjs"
import { test } from "./support/weir.mjs"

const key = "dGhlIHNhbXBsZSBub25jZQ=="

const browsers = {
  Firefox: port => `GET /?user=fox HTTP/1.1
Host: 127.0.0.1:${port}
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0
Accept: */*
Accept-Language: en-US,en;q=0.5
Accept-Encoding: gzip, deflate, br, zstd
Sec-WebSocket-Version: 13
Origin: http://127.0.0.1:${port}
Sec-WebSocket-Protocol: weir.v1.json
Sec-WebSocket-Extensions: permessage-deflate
Sec-WebSocket-Key: ${key}
Connection: keep-alive, Upgrade
Sec-Fetch-Dest: empty
Sec-Fetch-Mode: websocket
Sec-Fetch-Site: same-origin
Pragma: no-cache
Cache-Control: no-cache
Upgrade: websocket

`,
  Chromium: port => `GET /?user=chrome HTTP/1.1
Host: 127.0.0.1:${port}
Connection: Upgrade
Pragma: no-cache
Cache-Control: no-cache
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36
Upgrade: websocket
Origin: http://127.0.0.1:${port}
Sec-WebSocket-Version: 13
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
Sec-WebSocket-Key: ${key}
Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits
Sec-WebSocket-Protocol: weir.v1.json

`,
}

/** The first whole frame in `bytes`: its first byte and its payload; undefined: it is not all there. */
function frame(bytes) {
  if (bytes.length < 4) return undefined
  const isLong = (bytes[1] & 127) === 126
  const start = isLong ? 4 : 2
  const end = start + (isLong ? bytes.readUInt16BE(2) : bytes[1] & 127)
  return bytes.length < end ? undefined : { first: bytes[0], payload: bytes.subarray(start, end), rest: bytes.subarray(end) }
}

function masked(first, payload) {
  const mask = randomBytes(4)
  const head = payload.length < 126 ? [first, 128 | payload.length] : [first, 254, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, index) => byte ^ mask[index % 4])])
}

// RFC 7692 §7.2: the empty block at the end of a message is left out on the wire.
const tail = Buffer.from([0, 0, 0xff, 0xff])
const deflated = text => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
const inflated = payload => inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH }).toString()

for (const [name, request] of Object.entries(browsers)) {
  test(`permessage-deflate is agreed on with ${name}'s header and used both ways`, async t => {
    const server = await Server.start()
    t.after(() => server[Symbol.asyncDispose]())
    const socket = net.connect(server.port, "127.0.0.1")
    t.after(() => socket.destroy())
    socket.write(request(server.port).replaceAll("\n", "\r\n"))
    const incoming = socket[Symbol.asyncIterator]()
    let head = Buffer.alloc(0)
    let at
    do head = Buffer.concat([head, (await incoming.next()).value])
    while ((at = head.indexOf("\r\n\r\n")) < 0)
    const lines = head.subarray(0, at).toString().split("\r\n")
    const field = wanted => lines.find(line => line.toLowerCase().startsWith(`${wanted}: `))?.slice(wanted.length + 2)
    assert.equal(lines[0], "HTTP/1.1 101 Switching Protocols")
    assert.match(field("sec-websocket-extensions"), /^permessage-deflate(;|$)/)
    // Firefox did not offer it, so it must not be answered (RFC 7692 §7.1.2.2).
    if (name === "Firefox") assert.doesNotMatch(field("sec-websocket-extensions"), /client_max_window_bits/)
    assert.equal(field("sec-websocket-protocol"), "weir.v1.json")
    const accept = createHash("sha1").update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64")
    assert.equal(field("sec-websocket-accept"), accept)

    // Small messages go as they are; a conversation with the longest of titles is worth compressing.
    const title = `the longest title: ${"ü".repeat(240)}`
    socket.write(masked(0xc1, deflated(JSON.stringify({ requestId: "5", openConversation: { conversationId: name, title } }))))
    let rest = head.subarray(at + 4)
    let answer
    for (;;) {
      answer = frame(rest)
      if (!answer) rest = Buffer.concat([rest, (await incoming.next()).value])
      else if (answer.first === 0xc1) break
      else rest = answer.rest
    }
    const { requestId, conversationOpened } = JSON.parse(inflated(answer.payload))
    assert.equal(requestId, "5")
    assert.equal(conversationOpened.conversation.title, title)
  })
}

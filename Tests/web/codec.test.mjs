// The codec against protoc's own: vectors.tsv was written by protoc's Python (Tests/wire/conformance), and where that
// Python is at hand, fresh random ones go both ways. Swift's codec takes part in the same exchange.
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import { decode, encode, WeirError } from "../../Sources/WeirServer/Web/Assets/weir.js"
import { sample, schema, toJSON } from "./support/schema.mjs"

const repository = new URL("../../", import.meta.url).pathname
const hex = bytes => Buffer.from(bytes).toString("hex")
const unhex = text => new Uint8Array(Buffer.from(text, "hex"))
const lines = text => text.split("\n").filter(Boolean).map(line => line.split("\t"))

/** Reads each vector, checks its meaning against the JSON beside it, and writes it again. */
function check(vectors) {
  const seen = new Set()
  for (const [fullName, bytes, json] of vectors) {
    const name = fullName.replace("weir.v1.", "")
    seen.add(name)
    const value = decode(name, unhex(bytes))
    assert.deepEqual(toJSON(name, value), toJSON(name, JSON.parse(json)), `${name} ${bytes}`)
    assert.equal(hex(encode(name, value)), bytes, name)
  }
  assert.deepEqual([...seen].sort(), Object.keys(schema.messages).sort())
}

test("every message of the schema is read and written byte for byte as protoc does", () => {
  check(lines(readFileSync(new URL("vectors.tsv", import.meta.url), "utf8")))
})

const python = [process.env.WEIR_TEST_VENV, join(repository, ".build-wire"), join(repository, ".build-tools/venv")]
  .map(venv => venv && join(venv, "bin/python")).find(path => path && existsSync(path))

test("fresh random messages go both ways between the codec and protoc", { skip: !python && !process.env.CI && "no grpcio-tools" }, () => {
  assert.ok(python, "no Python with grpcio-tools: set WEIR_TEST_VENV")
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  const directory = mkdtempSync(join(tmpdir(), "weir-codec-"))
  try {
    const [ours, theirs] = [join(directory, "ours.tsv"), join(directory, "theirs.tsv")]
    const random = generator(seed)
    let text = ""
    for (const name of Object.keys(schema.messages)) {
      for (let count = 0; count < 40; count++) {
        const value = sample(name, random)
        text += `weir.v1.${name}\t${hex(encode(name, value))}\t${JSON.stringify(toJSON(name, value))}\n`
      }
    }
    writeFileSync(ours, text)
    const flags = ["--schemas", join(repository, "schemas"), "--check", ours, "--write", theirs, "--seed", `${seed}`,
      "--without", "weir/v1/operator.proto"]
    execFileSync(python, [join(repository, "Tests/wire/conformance"), ...flags], { stdio: "pipe" })
    check(lines(readFileSync(theirs, "utf8")))
  } catch (error) {
    error.message = `seed ${seed}: ${error.stderr ?? ""}${error.message}`
    throw error
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test("a field that is not known is skipped", () => {
  for (const unknown of ["f80101", "f901" + "00".repeat(8), "fa0102ffff", "fd0100000000"]) {
    assert.deepEqual(decode("Ping", unhex(unknown + "0807")), { nonce: 7 }, unknown)
  }
})

test("the last member of a oneof counts, and a message in two pieces is one", () => {
  assert.deepEqual(decode("Part", unhex("0a0161" + "12030a0162")), { reasoning: { text: "b", signature: "" } })
  assert.deepEqual(decode("Part", unhex("12030a0162" + "1203120163")), { reasoning: { text: "b", signature: "c" } })
})

test("enums outside the schema keep their number, repeated ones may come unpacked", () => {
  assert.equal(decode("QueuePosition", unhex("28e807")).reason, 1000)
  assert.deepEqual(decode("SendMessage", unhex("30023003")).acks, ["durable", "started"])
})

test("a byte order mark is text like any other", () => {
  assert.equal(decode("Delta", encode("Delta", { text: "\ufeffa" })).text, "\ufeffa")
})

test("numbers of 64 bits are exact, as numbers up to 2^53 and as bigints beyond", () => {
  for (const value of [0, 127, 128, 2 ** 31, 2 ** 32 + 1, 2 ** 53 - 1, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
    assert.equal(decode("Ping", encode("Ping", { nonce: value })).nonce, value)
  }
})

test("bytes that are no message are refused, whatever they claim", () => {
  const bad = [
    "08", "0880", "0a05", "0aff", "12ffffffffffffffff7f", "00", "07", "0f", "0c", "0b", "ff".repeat(11),
    "1a04" + "0a02ff", "1202" + "1aff", "0b".repeat(100),
    "0a01ff", // no UTF-8
    "0a03eda080", // half of a surrogate pair
  ]
  for (const bytes of bad) {
    assert.throws(() => decode("RenameConversation", unhex(bytes)), { code: "protocol_violation" }, bytes)
  }
  assert.throws(() => decode("ConversationList", unhex("0a00".repeat(10_001))), WeirError)
  assert.equal(decode("ConversationList", unhex("0a00".repeat(10_000))).conversations.length, 10_000)
})

test("whatever a frame is damaged into, it is a frame or a typed error", () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
  const random = generator(seed)
  for (let round = 0; round < 20_000; round++) {
    const bytes = encode("ServerFrame", sample("ServerFrame", random)).slice()
    for (let damage = 0; damage < 3 && bytes.length; damage++) bytes[random(bytes.length)] = random(256)
    const cut = random(4) ? bytes : bytes.subarray(0, random(bytes.length + 1))
    try {
      decode("ServerFrame", cut)
    } catch (error) {
      assert.equal(error.code, "protocol_violation", `seed ${seed} round ${round}: ${error.stack}`)
    }
  }
})

test("a word that an enum does not have is refused before anything is sent", () => {
  assert.throws(() => encode("SendMessage", { onConflict: "shout" }), { code: "invalid_argument" })
  assert.throws(() => encode("GetHistory", { limit: "many" }), { code: "invalid_argument" })
})

/** Mulberry32: numbers below a bound, the same for the same seed. */
function generator(seed) {
  return bound => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }
}

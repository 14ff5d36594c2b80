// The schema as the .proto files have it, read apart from weir.js, so that a slip in its table shows. The operator's part,
// operator.proto, is not weir.js's to know: to it those frames are unknown fields.
import { readFileSync } from "node:fs"

const camel = name => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())
export const schema = { messages: {}, enums: {} }

const operators = new Set(["WatchServer", "ServerState"])

for (const file of ["common", "client", "server"]) {
  const source = readFileSync(new URL(`../../../schemas/weir/v1/${file}.proto`, import.meta.url), "utf8")
  const plain = source.replace(/\/\/.*/g, "")
  for (const [, name, body] of plain.matchAll(/^enum (\w+) \{([^}]*)\}/gm)) {
    const prefix = name.replace(/\B([A-Z])/g, "_$1").toUpperCase() + "_"
    schema.enums[name] = [...body.matchAll(/(\w+) = (\d+);/g)].map(([, value, number]) => ({
      name: value, number: Number(number), word: value.slice(prefix.length).toLowerCase(),
    }))
  }
  for (const [, name, body] of plain.matchAll(/^message (\w+) \{((?:[^{}]|\{[^}]*\})*)\}/gm)) {
    const oneof = /oneof \w+ \{([^}]*)\}/.exec(body)?.[1] ?? ""
    schema.messages[name] = [...body.matchAll(/(repeated |optional )?(\w+) (\w+) = (\d+);/g)].map(
      ([all, label, type, field, number]) => ({
        key: camel(field), type, number: Number(number), many: label === "repeated ",
        one: label === "optional " ? field : oneof.includes(all) ? "oneof" : undefined,
      })).filter(({ type }) => !operators.has(type))
  }
}

// PartKind has the words of the pieces that a reader is handed.
const words = type => schema.enums[type].map(value =>
  ({ ...value, word: (type === "PartKind" && ["text", "reasoning", "toolArguments"][value.number]) || value.word }))

/** A message's value as proto3 JSON, canonical, with every field that has a default said. */
export function toJSON(name, value) {
  const result = {}
  for (const { key, type, many, one } of schema.messages[name]) {
    const given = value[key] ?? value[key.replace(/[A-Z]/g, letter => "_" + letter.toLowerCase())]
    if (given === undefined || given === null) {
      if (!one && !schema.messages[type]) result[key] = many ? [] : scalar(type, { string: "", bool: false }[type] ?? 0)
      else if (many) result[key] = []
      continue
    }
    result[key] = many ? given.map(item => single(type, item)) : single(type, given)
  }
  return result
}

const single = (type, value) => (schema.messages[type] ? toJSON(type, value) : scalar(type, value))

function scalar(type, value) {
  if (type === "uint64") return `${value}`
  if (!schema.enums[type]) return value
  const found = words(type).find(({ name, number, word }) => value === name || value === number || value === word)
  return found ? found.name : value
}

const texts = ["", "a", "hello", "ünï", "水", "👩🏽‍💻", "\x00\x1f", '"quoted"', "\n\r\t", "\x7f\x80", "\u2028", "\u{10ffff}", "\ufeff"]
const numbers = [0n, 1n, 127n, 128n, 16383n, 16384n, 1n << 28n, (1n << 32n) - 1n, 1n << 32n, (1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n, (1n << 64n) - 1n]

/** A message with random values. */
export function sample(name, random) {
  const fields = schema.messages[name]
  const ones = fields.filter(field => field.one === "oneof")
  const chosen = ones[random(ones.length + 1)]
  const value = {}
  for (const field of fields) {
    if (field.one === "oneof" && field !== chosen) continue
    if (field.one !== "oneof" && (field.one || schema.messages[field.type]) && !field.many && random(2)) continue
    const make = () => schema.messages[field.type] ? sample(field.type, random) : sampleScalar(field.type, random)
    value[field.key] = field.many ? Array.from({ length: random(4) }, make) : make()
  }
  return value
}

function sampleScalar(type, random) {
  if (type === "string") return Array.from({ length: random(4) }, () => texts[random(texts.length)]).join("").repeat(random(8) ? 1 : 60)
  if (type === "bool") return random(2) === 1
  if (schema.enums[type]) {
    const known = words(type)
    return random(3) ? known[random(known.length)].word : [-1, 1000, -(2 ** 31), 2 ** 31 - 1][random(4)]
  }
  const number = numbers[random(numbers.length)]
  const value = type === "uint32" ? BigInt.asUintN(32, number) : number
  return value < 1n << 53n ? Number(value) : value
}

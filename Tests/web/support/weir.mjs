// Clients for tests: quick to come back, closed at the end of their test.
import nodeTest from "node:test"
import { Weir } from "../../../Sources/WeirServer/Web/Assets/weir.js"

/** A test that fails rather than hangs. */
export const test = (name, body) => nodeTest(name, { timeout: 60_000 }, body)

export const quick = { backoff: 20, backoffLimit: 200 }

export function connect(test, options) {
  const weir = new Weir({ storage: "memory", user: "anna", ...options, timing: { ...quick, ...options.timing } })
  test.after(() => weir.close())
  return weir
}

/** Resolves with the values of an event's next occurrence that `fits`. */
export const next = (emitter, event, fits = () => true) =>
  new Promise(resolve => {
    const off = emitter.on(event, (...values) => {
      if (!fits(...values)) return
      off()
      resolve(values)
    })
  })

/** Resolves when the answer has at least so many bytes. */
export const grown = (answer, length) =>
  new Promise(resolve => {
    if (answer.length >= length) return resolve()
    const off = answer.on("delta", () => {
      if (answer.length < length) return
      off()
      resolve()
    })
  })

export async function read(answer) {
  let text = ""
  for await (const piece of answer) if (piece.kind === "text") text += piece.text
  return text
}

export const textsOf = page => page.messages.map(message => message.text)

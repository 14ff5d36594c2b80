// A Chromium without a window, driven over its own protocol, and the pages it opens.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"

const candidates = [process.env.WEIR_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
export const chromium = candidates.find(path => path && existsSync(path))

/** Serves weir.js and an empty page. */
export async function serveAssets(test) {
  const source = await readFile(new URL("../../../Sources/WeirServer/Web/Assets/weir.js", import.meta.url))
  const server = createServer((request, response) => {
    const isModule = request.url === "/weir.js"
    response.setHeader("content-type", isModule ? "text/javascript" : "text/html")
    response.end(isModule ? source : "<!doctype html><title>weir.js</title>")
  })
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve))
  test.after(() => server.close())
  test.after(() => server.closeAllConnections())
  return `http://127.0.0.1:${server.address().port}`
}

export class Browser {
  #lastId = 0
  #waiting = new Map()
  /** By session. */
  #loading = new Map()

  static async start(test) {
    const browser = new Browser()
    const directory = await mkdtemp(join(tmpdir(), "weir-chromium-"))
    // Chromium's own sandbox does not start for root, as which CI often runs.
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0"]
    const child = spawn(chromium, [...flags, `--user-data-dir=${directory}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] })
    const exited = new Promise(resolve => child.once("exit", resolve))
    test.after(async () => {
      child.kill("SIGKILL")
      await exited
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    })
    const url = await new Promise((resolve, reject) => {
      let said = ""
      child.stderr.on("data", chunk => {
        said += chunk
        const match = /DevTools listening on (ws:\S+)/.exec(said)
        if (match) resolve(match[1])
      })
      child.once("exit", () => reject(new Error(`Chromium ended: ${said}`)))
    })
    browser.socket = new WebSocket(url)
    await new Promise((resolve, reject) => Object.assign(browser.socket, { onopen: resolve, onerror: reject }))
    browser.socket.onmessage = ({ data }) => {
      const { id, result, error, method, sessionId } = JSON.parse(data)
      if (method === "Page.loadEventFired") browser.#loading.get(sessionId)?.()
      const waiting = browser.#waiting.get(id)
      browser.#waiting.delete(id)
      if (error) waiting?.reject(new Error(error.message))
      else waiting?.resolve(result)
    }
    return browser
  }

  send(method, params = {}, sessionId) {
    const id = ++this.#lastId
    this.socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  /** Opens a page; what it gives runs functions in it, with arguments that JSON can carry. */
  async open(url) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" })
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true })
    await this.send("Page.enable", {}, sessionId)
    const loaded = new Promise(resolve => this.#loading.set(sessionId, resolve))
    await this.send("Page.navigate", { url }, sessionId)
    await loaded
    const run = async (body, ...values) => {
      const expression = `(${body})(...${JSON.stringify(values)})`
      const params = { expression, awaitPromise: true, returnByValue: true }
      const { result, exceptionDetails } = await this.send("Runtime.evaluate", params, sessionId)
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    }
    return { run, close: () => this.send("Target.closeTarget", { targetId }) }
  }
}

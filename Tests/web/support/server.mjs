// A real `weir serve`, on a port and a directory of its own.
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const binary = process.env.WEIR_BINARY ?? new URL("../../../.build/debug/weir", import.meta.url).pathname

export class Server {
  /** Starts one; `args` are further flags of `weir serve`. */
  static async start(...args) {
    const server = new Server()
    server.directory = await mkdtemp(join(tmpdir(), "weir-web-"))
    server.args = args
    await server.start()
    return server
  }

  /** Starts it again, on the same data and another port. */
  async start() {
    const flags = ["serve", "--port", "0", "--data", join(this.directory, "data"), "--demo-rate", "0", ...this.args]
    const child = spawn(binary, flags, { stdio: ["ignore", "pipe", "pipe"] })
    this.child = child
    // Not left behind, however the test process ends.
    const kill = () => child.kill("SIGKILL")
    process.once("exit", kill)
    this.exited = new Promise(resolve => child.once("exit", resolve))
    child.once("exit", () => process.off("exit", kill))
    let said = ""
    this.port = await new Promise((resolve, reject) => {
      const listen = chunk => {
        said += chunk
        const match = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said)
        if (match) resolve(Number(match[1]))
      }
      child.stdout.on("data", listen)
      child.stderr.on("data", listen)
      child.once("error", reject)
      child.once("exit", code => reject(new Error(`weir serve ended with ${code}: ${said}`)))
    })
    this.url = `ws://127.0.0.1:${this.port}/`
  }

  async end(signal) {
    this.child.kill(signal)
    await this.exited
  }

  async [Symbol.asyncDispose]() {
    await this.end("SIGKILL")
    await rm(this.directory, { recursive: true, force: true })
  }
}

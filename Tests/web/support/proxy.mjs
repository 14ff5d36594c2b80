// A TCP proxy that does what bad networks do.
import net from "node:net"

export class Proxy {
  #pairs = new Set()
  /** Takes no connections: the network is away. */
  isAway = false
  /** Passes nothing on in this direction, and says nothing of it. */
  swallowsUp = false
  swallowsDown = false
  /** Connections that were made through it. */
  count = 0
  /** Is called with each chunk from the server. */
  onDown = () => {}

  static async to(port) {
    const proxy = new Proxy()
    proxy.target = port
    proxy.listener = net.createServer(device => proxy.#take(device))
    await new Promise(resolve => proxy.listener.listen(0, "127.0.0.1", resolve))
    proxy.url = `ws://127.0.0.1:${proxy.listener.address().port}/`
    return proxy
  }

  #take(device) {
    if (this.isAway) return device.destroy()
    this.count += 1
    const server = net.connect(this.target, "127.0.0.1")
    const pair = [device, server]
    this.#pairs.add(pair)
    const end = () => {
      this.#pairs.delete(pair)
      for (const socket of pair) socket.destroy()
    }
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on("error", end).on("close", end)
    }
    device.on("data", chunk => this.swallowsUp || server.write(chunk))
    server.on("data", chunk => {
      if (this.swallowsDown) return
      device.write(chunk)
      this.onDown(chunk)
    })
  }

  /** Cuts all connections, with a reset. */
  cut() {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy()
    this.#pairs.clear()
  }

  async [Symbol.asyncDispose]() {
    this.isAway = true
    this.cut()
    await new Promise(resolve => this.listener.close(resolve))
  }
}

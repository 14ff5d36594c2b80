// The connection to /admin/watch: states as they come, in plain numbers, and why there are none.

/** Milliseconds from one state to the next: while somebody looks, and while nobody does. */
const INTERVAL = 1000
const HIDDEN_INTERVAL = 10_000
/** Without a state for so long beyond its time the connection is taken for dead. */
const SILENCE = 6000
const FIRST_WAIT = 500
const LONGEST_WAIT = 8000

/** A secret as bytes, one character each: what a header can carry, and what btoa takes. */
const bytesOf = secret => String.fromCharCode(...new TextEncoder().encode(secret))

/** What the server says of a secret: `{ok}`, or what to tell the person who brought it. */
export async function check(secret) {
  let response
  try {
    response = await fetch('/admin/state', { cache: 'no-store', headers: { authorization: `Bearer ${bytesOf(secret)}` } })
  } catch {
    return { isLost: true, why: 'The server cannot be reached. Try again in a moment.' }
  }
  if (response.ok) return { ok: true }
  if (response.status === 401) {
    return { why: 'This is not the operator’s secret. Compare it with the file that admin.secretFile names.' }
  }
  if (response.status === 429) {
    const seconds = Number(response.headers.get('retry-after')) || 10
    // Somebody else may have guessed: who has the right one only waits.
    return { isLost: true, wait: seconds * 1000, why: `Too many wrong secrets came from your address. Try again in ${seconds} s.` }
  }
  if (response.status === 404) return { why: 'This server has no operator’s secret any more.' }
  return { isLost: response.status >= 500, why: (await response.text()).trim() || `The server answered ${response.status}.` }
}

export class Feed {
  /** `onState(state)`, `onStatus('on' | 'off', why)`, and `onRefused(why)`, after which nothing more comes. */
  constructor(secret, { onState, onStatus, onRefused }) {
    this.secret = secret
    this.onState = onState
    this.onStatus = onStatus
    this.onRefused = onRefused
    this.wait = FIRST_WAIT
    this.isClosed = false
    this.look = () => this.looked()
    document.addEventListener('visibilitychange', this.look)
    addEventListener('online', this.look)
    this.connect()
  }

  get interval() {
    return document.hidden ? HIDDEN_INTERVAL : INTERVAL
  }

  connect() {
    clearTimeout(this.timer)
    const entry = btoa(bytesOf(this.secret)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
    const url = new URL('/admin/watch', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = this.socket = new WebSocket(url, ['weir.v1.json', `weir.admin.${entry}`])
    let wasOpen = false
    let goodbye
    socket.onopen = () => {
      wasOpen = true
      this.ask()
      this.expect()
    }
    socket.onmessage = ({ data }) => {
      const frame = plain(JSON.parse(data))
      if (frame.serverState) {
        this.wait = FIRST_WAIT
        this.expect()
        this.onStatus('on')
        this.onState(frame.serverState)
      } else if (frame.goodbye) {
        goodbye = frame.goodbye
      } else if (frame.error) {
        goodbye = { message: frame.error.message }
      }
    }
    socket.onclose = () => {
      if (this.socket === socket && !this.isClosed) this.lost(wasOpen, goodbye)
    }
  }

  /** Says how often states are wanted. */
  ask() {
    this.socket.send(JSON.stringify({ requestId: '1', watchServer: { intervalMs: this.interval } }))
  }

  /** The next state is due. */
  expect() {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => {
      this.socket.close()
      this.lost(true)
    }, this.interval + SILENCE)
  }

  async lost(wasOpen, goodbye) {
    clearTimeout(this.silence)
    this.socket = undefined
    this.onStatus('off', goodbye?.message ?? 'The server cannot be reached.')
    // A browser does not tell why a connection was refused; a request does.
    const answer = wasOpen ? undefined : await check(this.secret)
    if (this.isClosed || this.socket) return
    if (answer && !answer.ok && !answer.isLost) {
      this.close()
      this.onRefused(answer.why)
      return
    }
    if (answer?.why) this.onStatus('off', answer.why)
    const wait = answer?.wait || goodbye?.reconnectAfterMs || this.wait * (0.5 + Math.random())
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.connect(), wait)
  }

  /** The page was shown or hidden, or the network is back. */
  looked() {
    if (this.isClosed) return
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.ask()
      this.expect()
    } else if (!this.socket && !document.hidden) {
      this.connect()
    }
  }

  close() {
    this.isClosed = true
    clearTimeout(this.timer)
    clearTimeout(this.silence)
    document.removeEventListener('visibilitychange', this.look)
    removeEventListener('online', this.look)
    this.socket?.close()
  }
}

const TEXTS = new Set(['version', 'fault', 'name', 'pool', 'condition', 'outcome', 'user', 'model', 'lane', 'text', 'message', 'code'])

/** proto3 JSON as it is meant: numbers of 64 bits come as strings. What is left out is for the reader to know. */
function plain(value, key) {
  if (Array.isArray(value)) return value.map(item => plain(item, key))
  if (typeof value === 'string') return TEXTS.has(key) ? value : Number(value)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner, name)]))
}

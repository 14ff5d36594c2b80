// The operator's page: asks for the secret, then shows the server, once a second while it is looked at.

import { h } from '../app/dom.js'
import { duration } from '../app/words.js'
import { check, Feed } from './feed.js'
import { History } from './history.js'
import { bytes, Plot, seconds, short, Strips } from './plot.js'
import { Tables } from './tables.js'

const KEY = 'weir.admin'
const find = id => document.getElementById(id)

const history = new History()
const tables = new Tables(find)
let feed
let latest
let isOn

const perSecond = 'per second'
const OUTCOMES = ['finished', 'cancelled', 'overloaded', 'rejected', 'timeout', 'failed']
const plots = [
  new Plot({ title: 'Devices', series: [{ key: 'connections', name: 'connections' }, { key: 'users', name: 'users in memory' }] }),
  new Plot({ title: 'Turns', series: [{ key: 'running', name: 'running' }, { key: 'waiting', name: 'waiting' }] }),
  new Plot({ title: 'Tokens from providers', unit: perSecond, series: [{ key: 'pieces', name: 'tokens' }] }),
  new Plot({ title: 'Queue by lane', unit: 'calls that wait', series: ({ samples }) => lanes(samples) }),
  new Plot({
    title: 'Time to first token', unit: 'over 10 s', format: seconds, least: 0.1,
    series: [{ key: 'firstTokenMiddle', name: 'p50' }, { key: 'firstTokenWorst', name: 'p99' }],
  }),
  new Plot({ title: 'Attempts at providers', unit: `ended ${perSecond}`, series: OUTCOMES.map(name => ({ key: `attempts ${name}`, name })) }),
  new Plot({ title: 'Entries per fsync', unit: 'over 10 s', series: [{ key: 'batch', name: 'entries' }] }),
  new Plot({
    title: 'Time of a commit', unit: 'fsync included, over 10 s', format: seconds, least: 0.001,
    series: [{ key: 'commitMiddle', name: 'p50' }, { key: 'commitWorst', name: 'p99' }],
  }),
  new Plot({
    title: 'Memory', format: bytes, least: 2 ** 24,
    series: [{ key: 'resident', name: 'of the process' }, { key: 'accounted', name: 'logs, tails, queues' }],
  }),
  new Strips({ title: 'Endpoints’ breakers', unit: 'the higher the bar, the worse' }),
]
find('plots').append(...plots.map(plot => plot.element))

/** As many lanes as there are marks, best first; names come from the states, because lanes can be changed. */
function lanes(samples) {
  const last = samples.findLast(sample => sample.values)
  return Object.keys(last?.values ?? {}).filter(key => key.startsWith('lane ')).slice(0, 6).map(key => ({ key, name: key.slice(5) }))
}

const TILES = [
  ['Connections', values => short(values.connections)],
  ['Turns running', values => short(values.running)],
  ['Turns waiting', values => short(values.waiting)],
  ['Longest wait', values => (values.oldest ? duration(values.oldest) : '–')],
  ['Tokens a second', values => short(values.pieces === undefined ? undefined : Math.round(values.pieces))],
  ['First token p50', values => seconds(values.firstTokenMiddle)],
  ['First token p99', values => seconds(values.firstTokenWorst)],
  ['Memory', values => bytes(values.resident)],
]
const tiles = TILES.map(([name, value]) => ({ value, place: h('dd', {}, '–'), name }))
find('tiles').append(...tiles.map(({ name, place }) => h('div', {}, h('dt', {}, name), place)))

// What comes.

function received(state) {
  const now = Date.now()
  latest = state
  if (history.add(state, now)) tables.note({ timeMs: now, text: 'The server was started anew.' })
  for (const change of state.changes ?? []) tables.note(change)
  draw()
}

/** In a page that nobody sees states are kept and nothing is drawn. */
function draw() {
  if (!latest || document.hidden || find('view').hidden) return
  const now = Date.now()
  const values = history.now ?? {}
  for (const { value, place } of tiles) place.textContent = isOn ? value(values) : '–'
  for (const plot of plots) {
    const width = plot.drawing.clientWidth
    if (width > 0) plot.show(history, now, width)
  }
  tables.show(latest)
  find('facts').textContent = `${latest.version ?? ''}, up ${duration(latest.uptimeMs ?? 0)}`
  const trouble = latest.fault ? `The store takes no writes: ${latest.fault}` : ''
  find('trouble').hidden = !trouble
  if (find('trouble').textContent !== trouble) find('trouble').textContent = trouble
}

function status(state, why) {
  const was = isOn
  isOn = state === 'on'
  find('status').textContent = isOn ? 'live' : why
  if (was === isOn) return
  find('status').className = state
  if (!isOn) {
    history.break(Date.now())
    if (was) tables.note({ timeMs: Date.now(), text: why, trouble: true })
  } else if (was === false) {
    tables.note({ timeMs: Date.now(), text: 'The connection is back.' })
  }
  draw()
}

// Coming and going.

function recalled() {
  try {
    return sessionStorage.getItem(KEY) ?? undefined
  } catch {
    return undefined
  }
}

function keep(secret) {
  try {
    if (secret === undefined) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, secret)
  } catch {
    // It holds until the page is left.
  }
}

function watch(secret) {
  find('enter').hidden = true
  find('view').hidden = false
  find('leave').hidden = false
  feed = new Feed(secret, { onState: received, onStatus: status, onRefused: ask })
}

/** Asks for the secret; `why`: what was wrong with the last one. */
function ask(why = '') {
  feed?.close()
  feed = undefined
  keep(undefined)
  isOn = undefined
  find('status').textContent = ''
  find('facts').textContent = ''
  find('view').hidden = true
  find('leave').hidden = true
  find('enter').hidden = false
  find('enter-why').textContent = why
  find('secret').value = ''
  find('secret').focus()
}

find('enter').addEventListener('submit', async event => {
  event.preventDefault()
  const secret = find('secret').value.trim()
  if (!secret) return
  find('enter-go').disabled = true
  find('enter-why').textContent = ''
  const answer = await check(secret)
  find('enter-go').disabled = false
  if (!answer.ok) {
    find('enter-why').textContent = answer.why
    find('secret').select()
    return
  }
  keep(secret)
  find('secret').value = ''
  watch(secret)
})
find('leave').addEventListener('click', () => ask())
document.addEventListener('visibilitychange', draw)
new ResizeObserver(draw).observe(find('plots'))

const secret = recalled()
if (secret) watch(secret)
else ask()

// Ten minutes of what the plots show. States hold sums since the server's start; here they become rates and percentiles.

/** How far back is remembered. */
const SPAN = 600_000
/** How far back the plots go: as far as there is something to show. */
const SPANS = [60_000, 120_000, 300_000, SPAN]
/** Percentiles are of what happened in so many milliseconds: one second has too few. */
const WINDOW = 10_000
/** States further apart leave a gap. */
const GAP = 15_000

export class History {
  constructor() {
    /** Oldest first: `{time, values}`; without values nothing is known from there on. */
    this.samples = []
    /** States of the window, oldest first. */
    this.recent = []
    /** For each endpoint its conditions: `{from, to, condition}`, oldest first. */
    this.spans = new Map()
  }

  /** The connection has gone: what follows does not join on. */
  break(time) {
    if (this.samples.length > 0 && this.samples.at(-1).values) this.samples.push({ time, values: undefined })
    this.recent = []
  }

  add(state, time) {
    const last = this.recent.at(-1)
    const isRestart = last && (state.uptimeMs ?? 0) < (last.state.uptimeMs ?? 0)
    if (last && (isRestart || time - last.time > GAP)) this.break(last.time + 1)
    this.recent.push({ state, time })
    while (this.recent.length > 2 && this.recent[1].time <= time - WINDOW) this.recent.shift()
    this.samples.push({ time, values: this.values(state) })
    const from = this.samples.findIndex(sample => sample.time >= time - SPAN)
    // One older sample stays, so that the line begins at the edge.
    if (from > 1) this.samples.splice(0, from - 1)
    this.addSpans(state.endpoints ?? [], time)
    return isRestart === true
  }

  values(state) {
    const before = this.recent.at(-2)?.state
    const first = this.recent[0].state
    const values = {
      connections: state.connections ?? 0,
      users: state.users ?? 0,
      running: state.turnsRunning ?? 0,
      waiting: state.turnsWaiting ?? 0,
      resident: state.memory?.residentBytes ?? 0,
      accounted: state.memory?.accountedBytes ?? 0,
    }
    values.oldest = Math.max(0, ...(state.lanes ?? []).map(lane => lane.oldestWaitMs ?? 0))
    for (const lane of state.lanes ?? []) values[`lane ${lane.name}`] = lane.waiting ?? 0
    if (!before) return values
    const seconds = Math.max(0.001, (state.uptimeMs - before.uptimeMs) / 1000)
    const rate = key => ((state[key] ?? 0) - (before[key] ?? 0)) / seconds
    values.pieces = rate('answerPieces')
    values.bytes = rate('answerBytes')
    for (const { outcome, count } of state.attempts ?? []) {
      const old = before.attempts?.find(entry => entry.outcome === outcome)?.count ?? 0
      values[`attempts ${outcome}`] = ((count ?? 0) - old) / seconds
    }
    const firstToken = difference(state.firstToken, first.firstToken)
    values.firstTokenMiddle = percentile(firstToken, 0.5)
    values.firstTokenWorst = percentile(firstToken, 0.99)
    const commits = difference(state.commits, first.commits)
    values.commitMiddle = percentile(commits, 0.5)
    values.commitWorst = percentile(commits, 0.99)
    const count = commits.reduce((sum, bucket) => sum + bucket.count, 0)
    const entries = (state.committedEntries ?? 0) - (first.committedEntries ?? 0)
    values.batch = count > 0 ? entries / count : undefined
    return values
  }

  addSpans(endpoints, time) {
    for (const { name, condition } of endpoints) {
      const spans = this.spans.get(name) ?? []
      this.spans.set(name, spans)
      const last = spans.at(-1)
      if (last && last.condition === condition && time - last.to < GAP) last.to = time
      else {
        if (last && time - last.to < GAP) last.to = time
        spans.push({ from: time, to: time, condition })
      }
    }
    for (const [name, spans] of this.spans) {
      while (spans.length > 0 && spans[0].to < time - SPAN) spans.shift()
      if (spans.length === 0) this.spans.delete(name)
    }
  }

  /** How much of the past the plots show, in milliseconds. */
  span(now) {
    const age = now - (this.samples[0]?.time ?? now)
    return SPANS.find(span => span >= age) ?? SPAN
  }

  /** The values now; none while the connection is away. */
  get now() {
    return this.samples.at(-1)?.values
  }
}

/** What came between two states: `[{atMostUs, count}]`. */
function difference(now, before) {
  const old = before?.buckets ?? []
  return (now?.buckets ?? []).map(({ atMostUs, count }, index) => ({
    atMostUs: atMostUs ?? 0, count: Math.max(0, (count ?? 0) - (old[index]?.count ?? 0)),
  }))
}

/** In seconds, by a straight line within the bucket; undefined if there was none. */
export function percentile(buckets, share) {
  const all = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  if (all === 0) return undefined
  let rest = share * all
  let from = 0
  for (const { atMostUs, count } of buckets) {
    // The last bucket has no upper end: where it begins is the least that can be said.
    const to = atMostUs || from
    if (count > 0 && rest <= count) return (from + (to - from) * (rest / count)) / 1e6
    rest -= count
    from = to
  }
  return from / 1e6
}

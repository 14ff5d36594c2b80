// Lines over the last minutes, as SVG. A series has a colour, a dash and a mark of its own, and its value stands in the
// legend: no reader needs the colour.

import { h } from '../app/dom.js'

const SVG = 'http://www.w3.org/2000/svg'
const HEIGHT = 130
const LEFT = 56
const RIGHT = 10
const TOP = 6
const BOTTOM = 20
/** In the order of series: circle, square, triangle, diamond, upside-down triangle, cross. */
const MARKS = [
  'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0', 'M-3.2-3.2h6.4v6.4h-6.4z', 'M0-4L4 3H-4z', 'M0-4.4L4.4 0L0 4.4L-4.4 0z',
  'M0 4L4-3H-4z', 'M-4-1.3h2.7V-4h2.6v2.7H4v2.6H1.3V4h-2.6V1.3H-4z',
]

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/** A number as an axis or a legend shows it. */
export function short(value) {
  if (value === undefined) return '–'
  const size = Math.abs(value)
  if (size >= 1e9) return `${trim(value / 1e9)} G`
  if (size >= 1e6) return `${trim(value / 1e6)} M`
  if (size >= 1e4) return `${trim(value / 1e3)} k`
  return trim(value)
}

export function seconds(value) {
  if (value === undefined) return '–'
  if (value === 0) return '0'
  if (value < 0.001) return `${trim(value * 1e6)} µs`
  return value < 1 ? `${trim(value * 1e3)} ms` : `${trim(value)} s`
}

export function bytes(value) {
  if (value === undefined) return '–'
  if (value === 0) return '0'
  if (value >= 2 ** 30) return `${trim(value / 2 ** 30)} GiB`
  return value >= 2 ** 20 ? `${trim(value / 2 ** 20)} MiB` : `${trim(value / 1024)} KiB`
}

const trim = value => {
  const size = Math.abs(value)
  return String(Number(value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2)))
}

/** The next number of the row 1, 2, 5, 10, 20... that is not less; of sizes in bytes, the next power of two. */
function nice(value, format) {
  if (format === bytes) return 2 ** Math.ceil(Math.log2(value))
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value * 0.9999)
}

const ago = ms => (ms < 120_000 ? `${ms / 1000} s` : `${ms / 60_000} min`)

export class Plot {
  /** `series`: `[{key, name}]`, or a function of the history that gives them. `least`: the axis reaches at least so far. */
  constructor({ title, unit = '', series, format = short, least = 1 }) {
    this.title = title
    this.wanted = typeof series === 'function' ? series : () => series
    this.format = format
    this.least = least
    this.unit = unit
    this.note = h('span', {}, unit)
    this.legend = h('ul.legend', {})
    this.drawing = svg('svg', { class: 'drawing', role: 'img', height: HEIGHT })
    this.element = h('figure', {}, h('figcaption', {}, h('h3', {}, title), this.note), this.legend, this.drawing)
    this.drawing.addEventListener('pointermove', event => {
      this.pointed = event.offsetX
      this.again?.()
    })
    this.drawing.addEventListener('pointerleave', () => {
      this.pointed = undefined
      this.again?.()
    })
  }

  /** Shows the history up to `now`, `width` pixels wide. */
  show(history, now, width) {
    this.again = () => this.show(history, now, width)
    const series = this.wanted(history)
    const { samples } = history
    let most = this.least
    for (const { values } of samples) {
      for (const { key } of series) most = Math.max(most, values?.[key] ?? 0)
    }
    const top = nice(most, this.format)
    const span = history.span(now)
    const x = time => LEFT + (width - LEFT - RIGHT) * (1 - (now - time) / span)
    const y = value => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)
    const parts = this.frame(top, width, y, span)
    const at = this.sampleAt(samples, x)
    const shown = at?.values ?? samples.at(-1)?.values ?? {}
    series.forEach(({ key }, index) => {
      parts.push(svg('path', { class: `line series-${index}`, d: path(samples, key, x, y) }))
      const marked = at ?? samples.at(-1)
      if (marked?.values?.[key] !== undefined) {
        const place = `translate(${x(marked.time).toFixed(1)} ${y(marked.values[key]).toFixed(1)})`
        parts.push(svg('path', { class: `mark series-${index}`, d: MARKS[index], transform: place }))
      }
    })
    if (at) {
      const middle = x(at.time).toFixed(1)
      parts.push(svg('line', { class: 'at', x1: middle, x2: middle, y1: TOP, y2: HEIGHT - BOTTOM }))
    }
    this.drawing.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`)
    this.drawing.replaceChildren(...parts)
    const entries = series.map(({ key, name }) => `${name} ${this.format(shown[key])}`)
    this.drawing.setAttribute('aria-label', `${this.title}, the last ${ago(span)}. Now: ${entries.join(', ')}`)
    this.note.textContent = at ? new Date(at.time).toLocaleTimeString() : this.unit
    this.showLegend(series, shown)
  }

  frame(top, width, y, span) {
    const parts = []
    for (const share of [0, 0.5, 1]) {
      const height = Math.round(y(top * share))
      parts.push(svg('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: height, y2: height }))
      parts.push(svg('text', { x: LEFT - 6, y: height + 4, 'text-anchor': 'end' }, this.format(top * share)))
    }
    for (const [share, anchor] of [[1, 'start'], [0.5, 'middle'], [0, 'end']]) {
      const place = LEFT + (width - LEFT - RIGHT) * (1 - share)
      parts.push(svg('text', { x: place, y: HEIGHT - 5, 'text-anchor': anchor }, share ? `−${ago(span * share)}` : 'now'))
    }
    return parts
  }

  sampleAt(samples, x) {
    if (this.pointed === undefined) return undefined
    let best
    for (const sample of samples) {
      if (sample.values && (!best || Math.abs(x(sample.time) - this.pointed) < Math.abs(x(best.time) - this.pointed))) best = sample
    }
    return best
  }

  showLegend(series, shown) {
    const names = series.map(({ name }) => name).join('\n')
    if (this.names !== names) {
      this.names = names
      this.figures = series.map(() => h('b'))
      this.legend.replaceChildren(...series.map(({ name }, index) => h('li', {},
        svg('svg', { class: 'swatch', viewBox: '0 0 26 12', 'aria-hidden': 'true' },
          svg('path', { class: `line series-${index}`, d: 'M1 6H25' }),
          svg('path', { class: `mark series-${index}`, d: MARKS[index], transform: 'translate(13 6)' })),
        `${name} `, this.figures[index])))
    }
    series.forEach(({ key }, index) => { this.figures[index].textContent = this.format(shown[key]) })
  }
}

/** A line with gaps where nothing is known. */
function path(samples, key, x, y) {
  let line = ''
  let isDown = false
  for (const { time, values } of samples) {
    const value = values?.[key]
    if (value === undefined) {
      isDown = false
      continue
    }
    line += `${isDown ? 'L' : 'M'}${Math.max(x(time), LEFT).toFixed(1)} ${y(value).toFixed(1)}`
    isDown = true
  }
  return line
}

/** How each endpoint was: the more is wrong, the higher the bar. */
export class Strips {
  constructor({ title, unit }) {
    this.title = title
    this.legend = h('ul.legend', {}, Object.entries(CONDITIONS).map(([condition, { word }]) => h('li', {},
      svg('svg', { class: 'swatch', viewBox: '0 0 26 12', 'aria-hidden': 'true' }, bar(condition, 2, 24, 6)), word)))
    this.drawing = svg('svg', { class: 'drawing', role: 'img' })
    this.element = h('figure.wide', {}, h('figcaption', {}, h('h3', {}, title), h('span', {}, unit)), this.legend, this.drawing)
  }

  show(history, now, width) {
    const names = [...history.spans.keys()].sort()
    const labels = Math.min(180, Math.round(width * 0.3))
    const row = 22
    const span = history.span(now)
    const x = time => labels + (width - labels - RIGHT) * (1 - Math.min(span, now - time) / span)
    const parts = []
    names.forEach((name, index) => {
      const middle = index * row + row / 2
      parts.push(svg('text', { x: 0, y: middle + 4 }, cut(name, labels / 6.6)))
      parts.push(svg('line', { class: 'grid', x1: labels, x2: width - RIGHT, y1: middle, y2: middle }))
      for (const { from, to, condition } of history.spans.get(name)) {
        parts.push(bar(condition, x(from), Math.max(x(to), x(from) + 1.5), middle))
      }
    })
    const height = Math.max(1, names.length) * row
    this.drawing.setAttribute('height', height)
    this.drawing.setAttribute('viewBox', `0 0 ${width} ${height}`)
    this.drawing.replaceChildren(...parts)
    const said = names.map(name => `${name} ${wordOf(history.spans.get(name).at(-1)?.condition)}`)
    this.drawing.setAttribute('aria-label', `${this.title}. Now: ${said.join(', ') || 'none'}`)
  }
}

/** By the schema's names; `half`: half of the bar's height. */
export const CONDITIONS = {
  ENDPOINT_CONDITION_WELL: { word: 'well', half: 1.5, mark: 0 },
  ENDPOINT_CONDITION_HELD: { word: 'held', half: 3.5, mark: 1 },
  ENDPOINT_CONDITION_PROBED: { word: 'probed', half: 5.5, mark: 3 },
  ENDPOINT_CONDITION_FAILING: { word: 'failing', half: 8, mark: 2 },
}

export const wordOf = condition => CONDITIONS[condition]?.word ?? 'unknown'

function bar(condition, from, to, middle) {
  const { word, half } = CONDITIONS[condition] ?? { word: 'well', half: 1 }
  return svg('rect', {
    class: `span-${word}`, x: from.toFixed(1), y: middle - half, width: (to - from).toFixed(1), height: half * 2, rx: 1,
  })
}

const cut = (text, length) => (text.length > length ? `${text.slice(0, Math.max(1, length - 1))}…` : text)

/** The mark of a condition, in the colour of the text around it. */
export function conditionMark(condition) {
  const place = MARKS[CONDITIONS[condition]?.mark ?? 5]
  return svg('svg', { viewBox: '-6 -6 12 12', 'aria-hidden': 'true' }, svg('path', { class: 'mark', d: place }))
}

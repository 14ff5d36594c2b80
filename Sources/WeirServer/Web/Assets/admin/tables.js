// What is not a line: endpoints, plans, the slowest turns, and the log of changes.

import { h } from '../app/dom.js'
import { count, duration } from '../app/words.js'
import { bytes, conditionMark, seconds, wordOf } from './plot.js'

const LOGGED = 300
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** A table that is built anew with each state; where it scrolls stays. `columns`: `[name, value, isNumber]`. */
class Table {
  constructor(place, label, empty, columns) {
    this.columns = columns
    this.empty = empty
    this.body = h('tbody', {})
    this.table = h('table', {},
      h('thead', {}, h('tr', {}, columns.map(([name, , isNumber]) => h(isNumber ? 'th.number' : 'th', { scope: 'col' }, name)))), this.body)
    this.element = h('div.table', { tabindex: '0', role: 'region', 'aria-label': `Table: ${label}` }, this.table)
    this.note = h('p.note', {}, empty)
    place.append(this.element, this.note)
  }

  show(rows) {
    this.element.hidden = rows.length === 0
    this.note.hidden = rows.length > 0
    this.body.replaceChildren(...rows.map(row => h('tr', {}, this.columns.map(([, value, isNumber], index) => {
      if (index === 0) return h('th', { scope: 'row', title: value(row) }, value(row))
      return h(isNumber ? 'td.number' : 'td', {}, value(row))
    }))))
  }
}

const share = (used, limit, label) =>
  limit > 0 ? h('meter', { min: '0', max: String(limit), value: String(Math.min(used, limit)), high: String(limit * 0.8), 'aria-label': label }) : null

export class Tables {
  constructor(find) {
    this.endpoints = new Table(find('endpoints'), 'Endpoints', 'There are none.', [
      ['Endpoint', row => row.name],
      ['Model', row => row.pool],
      ['Condition', row => h(`span.condition.condition-${wordOf(row.condition)}`, {}, conditionMark(row.condition), wordOf(row.condition))],
      ['Calls', row => `${row.inFlight ?? 0} of ${row.limit ?? 0}`, true],
      ['In use', row => share(row.inFlight ?? 0, row.limit ?? 0, `Calls of ${row.name}`)],
      ['First token', row => (row.firstTokenMs ? seconds(row.firstTokenMs / 1000) : '–'), true],
      ['No calls for', row => (row.heldForMs ? duration(row.heldForMs) : '–'), true],
      ['Left at the provider', row => [
        row.remainingRequests !== undefined && `${count(row.remainingRequests)} requests`,
        row.remainingTokens !== undefined && `${count(row.remainingTokens)} tokens`,
      ].filter(Boolean).join(', ') || '–'],
    ])
    this.plans = new Table(find('plans'), 'Plans', 'There are none.', [
      ['Plan', row => row.name],
      ['Users', row => count(row.users ?? 0), true],
      ['Tokens today', row => count(row.tokensToday ?? 0), true],
      ['Most by one', row => used(row.mostTokensToday, row.tokensPerDay), true],
      ['Of the limit', row => share(row.mostTokensToday ?? 0, row.tokensPerDay ?? 0, `Most tokens used today of ${row.name}`)],
      ['This month', row => count(row.tokensThisMonth ?? 0), true],
      ['Most by one', row => used(row.mostTokensThisMonth, row.tokensPerMonth), true],
      ['Used up', row => `${count(row.usersUsedUp ?? 0)} ${row.usersUsedUp === 1 ? 'user' : 'users'}`, true],
      ['Turns a minute', row => (row.turnsPerMinute ? count(row.turnsPerMinute) : 'any'), true],
      ['At once', row => (row.turnsAtOnce ? count(row.turnsAtOnce) : 'any'), true],
    ])
    this.slowest = new Table(find('slowest'), 'Slowest turns', 'No turn waits or runs.', [
      ['User', row => row.user],
      ['Turn', row => String(row.turnId ?? 0), true],
      ['Model', row => row.model],
      ['Lane', row => row.lane],
      ['State', row => (row.running ? 'running' : 'waiting')],
      ['Age', row => duration(row.ageMs ?? 0), true],
      ['Answer', row => bytes(row.answerBytes ?? 0), true],
    ])
    this.log = h('ol', { id: 'change-list', tabindex: '0', 'aria-label': 'Changes, newest first' })
    find('changes').append(this.log)
  }

  show(state) {
    this.endpoints.show(state.endpoints ?? [])
    this.plans.show(state.plans ?? [])
    this.slowest.show(state.slowestTurns ?? [])
  }

  /** Adds to the log, whose newest entry is first. */
  note({ timeMs, text, trouble }) {
    const time = h('time', { datetime: new Date(timeMs).toISOString() }, CLOCK.format(timeMs))
    this.log.prepend(h(trouble ? 'li.worse' : 'li', {}, time, h('span', {}, text)))
    while (this.log.children.length > LOGGED) this.log.lastChild.remove()
  }
}

const used = (tokens, limit) => (limit ? `${count(tokens ?? 0)} of ${count(limit)}` : count(tokens ?? 0))

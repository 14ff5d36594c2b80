// What a person has said, and what a tool has given: shown as it was written, never as Markdown.

import { copyButton, h, icon } from '../dom.js'
import { errorWords, when } from '../words.js'

/** Longer texts are folded, with a button that unfolds them. */
const LONG_CHARACTERS = 1500
const LONG_LINES = 16

export class Question {
  /** `message` as the history has it, or `{text, clientMessageId}` of one that is on its way. */
  constructor(thread, message, order) {
    this.thread = thread
    this.message = message
    this.order = order
    this.error = null
    this.isWaiting = message.sequence === undefined
  }

  isQuestion = true

  get isAlive() {
    return this.isWaiting || this.error !== null
  }

  get text() {
    return this.message.text
  }

  get isTool() {
    return this.message.role === 'tool'
  }

  forget() {
    this.shown = null
  }

  element() {
    this.shown ??= this.isTool ? this.toolResult() : this.build()
    return this.shown
  }

  build() {
    const text = h('div.said', { dir: 'auto' }, this.text)
    const isLong = this.text.length > LONG_CHARACTERS || this.text.split('\n', LONG_LINES + 1).length > LONG_LINES
    const more = isLong && h('button.link', { type: 'button', 'aria-expanded': 'false', onclick: () => {
      const isFolded = text.classList.toggle('folded')
      more.textContent = isFolded ? 'Show all' : 'Show less'
      more.setAttribute('aria-expanded', String(!isFolded))
    } }, 'Show all')
    if (isLong) text.classList.add('folded')
    this.state = h('div.state')
    const element = h('article.question', { tabindex: '-1', 'aria-label': 'You' },
      h('h2.off-screen', {}, 'You'),
      h('div.bubble', {}, text, more),
      h('div.actions', {}, this.message.createdAtMs && h('time', {}, when(this.message.createdAtMs)),
        copyButton('Copy message', () => this.text)),
      this.state)
    this.showState()
    return element
  }

  toolResult() {
    const results = this.message.parts.filter(part => part.toolResult).map(part => part.toolResult)
    this.state = h('div.state')
    const element = h('article.question.of-tool', { tabindex: '-1', 'aria-label': 'Result of a tool' },
      results.map(result => h('details.fold', {},
        h('summary', {}, icon('tool'), h('span', {}, result.failed ? 'The tool failed' : 'The tool’s result')),
        h('pre', { tabindex: '0', role: 'region', 'aria-label': 'Result' }, result.text))), this.state)
    this.showState()
    return element
  }

  /** The server has it on its disk. */
  stored(sequence) {
    this.isWaiting = false
    this.message.sequence = sequence
    this.message.createdAtMs ??= Date.now()
    this.order = sequence
    this.showState()
  }

  /** It was refused: what it says is not lost. */
  refused(error) {
    this.isWaiting = false
    this.error = error
    this.showState()
  }

  showState() {
    if (!this.state) return
    this.state.replaceChildren()
    if (this.error) {
      const again = () => this.thread.sendAgain(this)
      const edit = () => this.thread.takeBack(this)
      this.state.append(h('div.problem', { role: 'alert' }, icon('warning'),
        h('p', {}, h('b', {}, 'Not sent. '), errorWords(this.error)),
        h('div.choices', {},
          h('button', { type: 'button', onclick: again }, 'Send again'),
          h('button', { type: 'button', onclick: edit }, 'Edit'))))
    } else if (this.isWaiting && !this.thread.isOnline) {
      this.state.append(h('p.hint', {}, 'Kept on this device. It is sent when the connection is back.'))
    }
  }
}

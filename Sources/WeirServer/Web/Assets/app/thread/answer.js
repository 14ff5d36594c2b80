// An answer: one that comes, read as fast as it is shown, or one of the history.

import { copyButton, h, icon, iconButton, soon } from '../dom.js'
import { announce } from '../notices.js'
import { count, errorWords, queueWords, when } from '../words.js'
import { Body } from './body.js'

/** So much may wait for the next frame; then reading pauses, and with it the server's sending. */
const PENDING_CHARACTERS = 64 * 1024

export class AnswerEntry {
  /** Either a `message` of the history or an `answer` that comes. */
  constructor(thread, { message, answer, order }) {
    this.thread = thread
    this.message = message
    this.answer = answer
    this.order = order
    /** The entry that gives way once this one begins; `isOther`: this is another answer, not the same continued. */
    this.previous = undefined
    this.isOther = false
    this.error = message?.error
    this.pending = []
    this.pendingCharacters = 0
    if (answer) this.read()
  }

  get isAlive() {
    return this.answer !== undefined
  }

  get turnId() {
    return this.answer?.turnId ?? this.message?.turnId
  }

  get isSuperseded() {
    return this.message?.status === 'superseded'
  }

  get text() {
    return this.message?.text ?? this.answer?.text ?? ''
  }

  forget() {
    if (this.isAlive) return
    this.shown = null
    this.body = null
  }

  element() {
    this.shown ??= this.isSuperseded ? this.folded() : this.build()
    return this.shown
  }

  build() {
    this.body ??= this.filledBody()
    this.status = h('div.status')
    this.foot = h('div.foot')
    const element = h('article.answer', { tabindex: '-1', 'aria-label': 'Answer' },
      h('h2.off-screen', {}, 'Answer'), this.body.element, this.status, this.foot)
    element.classList.toggle('live', this.isAlive)
    this.showStatus()
    this.showFoot()
    return element
  }

  filledBody() {
    const body = new Body()
    if (this.message) {
      body.addParts(this.message.parts)
      body.end()
    }
    return body
  }

  /** An answer that another one has replaced: there, but out of the way. */
  folded() {
    const details = h('details.fold.earlier', { ontoggle: () => {
      if (details.open && details.children.length === 1) details.append(this.filledBody().element)
    } }, h('summary', {}, icon('again'), h('span', {}, 'Earlier answer')))
    return h('article.answer.superseded', { tabindex: '-1', 'aria-label': 'Earlier answer' }, details)
  }

  supersede() {
    if (this.message) this.message.status = 'superseded'
    const old = this.shown
    this.shown = null
    this.body = null
    old?.replaceWith(this.element())
  }

  // While it comes.

  async read() {
    const { answer } = this
    this.body = new Body()
    const changed = () => this.showStatus()
    answer.on('sent', changed)
    answer.on('queue', () => {
      this.queuedSince = Date.now()
      this.showStatus()
    })
    answer.on('started', started => this.began(started))
    answer.on('seam', () => this.push({ kind: 'seam' }))
    if (answer.started) this.began(answer.started)
    try {
      for await (const piece of answer) {
        this.push(piece)
        if (this.pendingCharacters > PENDING_CHARACTERS) await this.flushed
      }
    } catch {
      // `done` has the same error, with what is left of the answer.
    }
    let message
    let error
    try {
      message = await answer.done
    } catch (failure) {
      error = failure
      message = failure.partial
    }
    this.flush()
    this.ended(message, error)
  }

  began(started) {
    this.order = started.answerSequence || this.order
    this.thread.began(this, started)
    this.showStatus()
    announce('The answer begins.')
  }

  push(piece) {
    const last = this.pending.at(-1)
    if (last && last.kind === piece.kind && piece.kind !== 'toolCall' && piece.kind !== 'seam') {
      last.text += piece.text
    } else {
      this.pending.push({ ...piece })
    }
    this.pendingCharacters += piece.text?.length ?? 0
    this.flushed ??= new Promise(resolve => soon(() => {
      this.flush()
      resolve()
    }))
  }

  flush() {
    this.flushed = undefined
    const pieces = this.pending
    this.pending = []
    this.pendingCharacters = 0
    if (pieces.length === 0) return
    if (this.previous) this.replacePrevious()
    for (const piece of pieces) this.body.add(piece)
    if (this.status?.firstChild) this.showStatus()
  }

  replacePrevious() {
    const { previous } = this
    this.previous = undefined
    if (previous) this.thread.replaced(previous, this.isOther)
  }

  ended(message, error) {
    const wasStored = this.answer.turnId !== undefined || !this.answer.clientMessageId
    this.answer = undefined
    this.error = error ?? message?.error
    this.message = message
    if (message) {
      if (this.previous) this.replacePrevious()
      this.order = message.sequence
    }
    this.body.end()
    this.shown?.classList.remove('live')
    this.showStatus()
    this.showFoot()
    this.thread.ended(this, { message, error, wasStored })
  }

  stop() {
    this.answer?.stop()
    this.isStopping = true
    this.showStatus()
  }

  // What is said below it.

  showStatus() {
    const { status, answer } = this
    if (!status) return
    status.replaceChildren()
    if (answer) {
      if (answer.parts.length > 0) return
      if (answer.state === 'sending' && !this.thread.isOnline) return
      status.append(h('span.dots', { role: 'img', 'aria-label': 'Waiting for the answer' }, h('i'), h('i'), h('i')))
      const words = this.waitWords()
      if (words) status.append(h('span.queue', {}, words))
      return
    }
    const { message, error } = this
    if (error) status.append(this.problem(error))
    else if (message?.finishReason === 'tool_calls') status.append(this.resultsForm())
    else if (message?.status === 'stopped') status.append(h('p.hint', {}, 'Stopped.'))
    else if (message?.finishReason === 'length') status.append(h('p.hint', {}, 'The answer reached its greatest length.'))
    else if (message?.finishReason === 'content_filter') {
      status.append(h('p.hint', {}, 'The model’s provider withheld the rest.'))
    }
  }

  waitWords() {
    const { answer } = this
    if (this.isStopping) return 'Stopping…'
    if (answer.state === 'waiting' && answer.queue) return queueWords(answer.queue, Date.now(), this.queuedSince)
    // Of turns behind another one of the same conversation the server may not say that they wait.
    return this.thread.hasRunningBefore(this) ? 'Comes after the answer above' : ''
  }

  /** Once a second while it waits: the estimate counts down. */
  tick() {
    if (this.answer && this.answer.parts.length === 0) this.showStatus()
  }

  problem(error) {
    const hasText = this.text !== ''
    return h('div.problem', {}, icon('warning'),
      h('p', {}, hasText ? h('b', {}, 'The answer broke off. ') : null, errorWords(error)),
      h('div.choices.of-last', {},
        hasText && h('button', { type: 'button', onclick: () => this.thread.continue(this) }, 'Continue'),
        h('button', { type: 'button', onclick: () => this.thread.regenerate(this) }, hasText ? 'Start over' : 'Try again')))
  }

  /** An application runs its tools itself; here a person can stand in for them. */
  resultsForm() {
    const calls = this.message.parts.filter(part => part.toolCall).map(part => part.toolCall)
    const fields = calls.map(({ name }) => h('textarea', { rows: '2', spellcheck: 'false', 'aria-label': `Result of ${name}` }))
    const failed = calls.map(({ name }) => h('input', { type: 'checkbox', 'aria-label': `${name} failed` }))
    return h('form.results', { onsubmit: event => {
      event.preventDefault()
      const results = calls.map(({ id }, index) => ({ id, text: fields[index].value, failed: failed[index].checked }))
      this.thread.sendToolResults(results, this.thread.host.options())
    } },
    h('p.hint', {}, 'The model waits for what its tools give. An application would run them; here you can enter it.'),
    calls.map(({ name }, index) => h('div.result', {},
      h('div.result-head', {}, h('code', {}, name), h('label', {}, failed[index], 'failed')), fields[index])),
    h('div.choices', {}, h('button', { type: 'submit' }, calls.length > 1 ? 'Send the results' : 'Send the result')))
  }

  get canContinue() {
    const { message } = this
    return message !== undefined && this.text !== '' && (message.status === 'stopped' || message.finishReason === 'length')
  }

  showFoot() {
    const { foot, message } = this
    if (!foot) return
    foot.replaceChildren()
    if (this.answer || !message) return
    if (this.text) foot.append(copyButton('Copy answer', () => this.text, { 'data-copy': true }))
    foot.append(h('span.of-last', {},
      !this.error && iconButton('again', 'Answer again', () => this.thread.regenerate(this)),
      this.canContinue && h('button.link', { type: 'button', onclick: () => this.thread.continue(this) }, 'Continue')))
    const facts = [message.model, message.cached && 'from the cache', message.createdAtMs && when(message.createdAtMs)]
    const { usage } = message
    const tokens = usage && usage.outputTokens > 0
      ? `${count(usage.inputTokens)} tokens read, ${count(usage.outputTokens)} written${usage.estimated ? ' (estimated)' : ''}`
      : undefined
    foot.append(h('span.facts', { title: tokens }, facts.filter(Boolean).join(' · ')))
  }
}

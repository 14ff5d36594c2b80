// One conversation on the screen: its history, page by page, and what happens in it, on whichever device.

import { h } from '../dom.js'
import { announce, note } from '../notices.js'
import { errorWords } from '../words.js'
import { AnswerEntry } from './answer.js'
import { Pages } from './pages.js'
import { Question } from './question.js'

/** A multiple of what `Pages` keeps together. */
const HISTORY_PAGE = 48
/** What has no place in the conversation yet comes behind all that has. */
const UNPLACED = 2 ** 52

export class Thread {
  /**
   * `host` has `weir`, `elements` ({scroller, holder}), `follow`, and is told: `changed()` when what can be done has
   * changed, `moved()` when something was said, `gone()` when the conversation is no more, `takeBack(text)` when a text shall be edited.
   */
  constructor(host, conversation, isNew) {
    this.host = host
    this.conversation = conversation
    this.isNew = isNew
    this.isOver = false
    this.hasMore = false
    this.unplaced = UNPLACED
    this.answers = new Map()
    this.pages = new Pages(host.elements.scroller, host.elements.holder, host.follow)
    this.top = h('div.older')
    this.tail = h('div.tail')
    host.elements.holder.replaceChildren(this.top, this.tail)
    this.pages.holder = h('div.pages')
    this.top.after(this.pages.holder)
    this.topObserver = new IntersectionObserver(changes => {
      if (changes.some(change => change.isIntersecting)) this.loadOlder()
    }, { root: host.elements.scroller, rootMargin: '1500px 0px 0px 0px' })
    this.offs = [
      conversation.on('message', message => this.addMessage(message)),
      conversation.on('answer', answer => this.addAnswer(answer)),
      conversation.on('missed', () => this.refresh()),
      conversation.on('deleted', () => host.gone()),
    ]
    for (const answer of conversation.answers) this.addAnswer(answer)
  }

  get isOnline() {
    return this.host.weir.state === 'online'
  }

  get live() {
    return [...this.answers.values()].filter(entry => entry.isAlive)
  }

  hasRunningBefore(entry) {
    return this.live.some(other => other !== entry && other.answer.state === 'running' && other.order < entry.order)
  }

  get isEmpty() {
    return this.pages.last === undefined
  }

  close() {
    this.isOver = true
    this.topObserver.disconnect()
    this.pages.clear()
    for (const off of this.offs) off()
  }

  // The past.

  /** Reads the newest page and follows the conversation. */
  async open() {
    if (this.isNew) return
    this.host.elements.scroller.setAttribute('aria-busy', 'true')
    try {
      const page = await this.conversation.history({ limit: HISTORY_PAGE })
      if (this.isOver) return
      this.hasMore = page.hasMore
      this.mergeHistory(page)
      const { conversation } = await this.conversation.open()
      if (conversation.revision !== page.revision && !this.isOver) await this.refresh()
    } finally {
      if (!this.isOver) {
        this.host.elements.scroller.setAttribute('aria-busy', 'false')
        this.settle()
        this.topObserver.observe(this.top)
      }
    }
  }

  /** Something was missed: what is new is put in its place. */
  async refresh() {
    try {
      const page = await this.conversation.history({ limit: HISTORY_PAGE })
      if (this.isOver) return
      this.mergeHistory(page)
      this.settle()
    } catch {
      // The connection went again; the next one brings another chance.
    }
  }

  mergeHistory(page) {
    const fresh = page.messages.filter(message => !this.isKnown(message))
    if (this.isEmpty) this.pages.prepend(fresh.map(message => this.entryOf(message)))
    else for (const message of fresh) this.pages.add(this.entryOf(message))
    for (const answer of [...page.answers, ...this.conversation.answers]) this.addAnswer(answer)
  }

  isKnown(message) {
    const known = this.pages.find(entry => entry.message?.sequence === message.sequence
      || (message.clientMessageId && entry.message?.clientMessageId === message.clientMessageId)
      || (message.role === 'assistant' && entry.answer && entry.turnId === message.turnId))
    if (!known) return false
    if (known.isQuestion && known.isWaiting) {
      known.stored(message.sequence)
      this.pages.move(known)
    } else if (message.status === 'superseded' && !known.isAlive && !known.isSuperseded) {
      known.supersede()
    } else if (message.role === 'assistant' && !known.isAlive && known.message.turnId !== message.turnId) {
      // Another device went on with it: its place is the same, its text is not.
      this.pages.remove(known)
      return false
    }
    return true
  }

  entryOf(message) {
    const order = message.sequence
    return message.role === 'assistant'
      ? new AnswerEntry(this, { message, order }) : new Question(this, message, order)
  }

  async loadOlder() {
    const first = this.pages.first?.message?.sequence
    if (!this.hasMore || this.isLoading || first === undefined) return
    this.isLoading = true
    this.top.replaceChildren(h('span.dots', { role: 'img', 'aria-label': 'Older messages are loading' }, h('i'), h('i'), h('i')))
    try {
      const page = await this.conversation.history({ before: first, limit: HISTORY_PAGE })
      if (this.isOver) return
      this.hasMore = page.hasMore
      this.pages.prepend(page.messages.map(message => this.entryOf(message)))
      this.top.replaceChildren()
    } catch (error) {
      const again = h('button.link', { type: 'button', onclick: () => this.loadOlder() }, 'Try again')
      this.top.replaceChildren(h('p.hint', {}, errorWords(error), ' ', again))
      return
    } finally {
      this.isLoading = false
    }
    // The observer speaks up only when its mark comes into sight: look again in case it still is.
    this.topObserver.unobserve(this.top)
    this.topObserver.observe(this.top)
  }

  // The present.

  addMessage(message) {
    if (this.isKnown(message)) return
    this.pages.add(this.entryOf(message))
    this.settle()
    this.host.moved()
  }

  addAnswer(answer, { previous, isOther } = {}) {
    if (this.answers.has(answer) || answer.state === 'ended') return
    const { turnId } = answer
    const old = turnId !== undefined && this.pages.find(entry => !entry.isQuestion && entry.turnId === turnId)
    if (old) this.pages.remove(old)
    let question
    if (answer.question) {
      question = this.pages.find(entry => entry.isQuestion && entry.message.clientMessageId === answer.clientMessageId)
      if (!question) {
        const text = answer.question.map(part => part.text ?? '').join('')
        const parts = answer.question
        const role = parts.some(part => part.toolResult) ? 'tool' : 'user'
        question = new Question(this, { text, parts, role, clientMessageId: answer.clientMessageId }, this.unplaced += 1)
        this.pages.add(question)
      }
      answer.sent.then(ack => {
        if (!ack || !question.isWaiting) return
        question.stored(ack.sequence)
        this.pages.move(question)
        this.host.moved()
      }, () => {})
    }
    const entry = new AnswerEntry(this, { answer, order: answer.started?.answerSequence || (this.unplaced += 1) })
    Object.assign(entry, { question, previous, isOther })
    this.answers.set(answer, entry)
    this.pages.add(entry)
    this.settle()
  }

  began(entry, started) {
    this.pages.move(entry)
    const id = started.replacesTurnId || started.continuesTurnId
    if (id) entry.previous ??= this.pages.find(other => other !== entry && !other.isQuestion && other.turnId === id)
    if (started.replacesTurnId) entry.isOther = true
  }

  /** An entry gives way to one that has begun: to another answer, or to its own continuation, which has all its text. */
  replaced(previous, isOther) {
    if (isOther && previous.text && previous.message) previous.supersede()
    else this.pages.remove(previous)
  }

  ended(entry, { message, error, wasStored }) {
    for (const [answer, other] of this.answers) if (other === entry) this.answers.delete(answer)
    if (message) {
      const old = this.pages.find(other => other !== entry && !other.isQuestion && other.message?.sequence === message.sequence)
      if (old) this.pages.remove(old)
      this.pages.move(entry)
    }
    if (this.isOver) return
    if (error && !wasStored) {
      this.pages.remove(entry)
      if (error.code === 'withdrawn') this.takeBack(entry.question)
      else if (entry.question) entry.question.refused(error)
      else note(errorWords(error), { kind: 'bad' })
    } else if (error && !message && entry.previous) {
      // Continuing was refused: the old answer stands as it was.
      this.pages.remove(entry)
      note(errorWords(error), { kind: 'bad' })
    }
    this.settle()
    this.host.moved()
    if (error) announce(`The answer failed. ${errorWords(error)}`)
    else announce(message?.status === 'stopped' ? 'The answer was stopped.' : 'The answer is complete.')
  }

  /** After every change: which answer can be answered again, and whether the last message waits for one. */
  settle() {
    const { last } = this.pages
    if (this.marked !== last) {
      this.marked?.shown?.classList.remove('is-last')
      this.marked = last
    }
    last?.element().classList.add('is-last')
    const hasQuestion = last?.isQuestion && !last.isAlive && this.live.length === 0
    this.tail.replaceChildren()
    if (hasQuestion) {
      this.tail.append(h('p.hint', {}, 'There is no answer to this message. ',
        h('button.link', { type: 'button', onclick: () => this.regenerate() }, 'Answer it')))
    }
    this.host.changed()
  }

  /** The connection has come or gone. */
  connectionChanged() {
    for (const entry of this.live) {
      entry.showStatus()
      entry.question?.showState()
    }
  }

  tick() {
    for (const entry of this.live) entry.tick()
  }

  // What the reader does.

  send(text, options) {
    this.tail.replaceChildren()
    this.addAnswer(this.conversation.send(text, options))
    this.host.follow.toEnd()
  }

  /** The results of the tools that the last answer asked for, entered by hand. */
  sendToolResults(results, options) {
    this.tail.replaceChildren()
    this.addAnswer(this.conversation.sendToolResults(results, options))
    this.host.follow.toEnd()
  }

  sendAgain(question) {
    const { text, parts, clientMessageId } = question.message
    const options = { ...this.host.options(), clientMessageId }
    this.pages.remove(question)
    if (!question.isTool) return this.send(text, options)
    const results = parts.map(({ toolResult }) => ({ ...toolResult, id: toolResult.toolCallId }))
    this.sendToolResults(results, options)
  }

  takeBack(question) {
    if (!question) return
    this.pages.remove(question)
    // The form for a tool's results is there again by itself.
    if (!question.isTool) this.host.takeBack(question.text)
    this.settle()
  }

  stop() {
    const { live } = this
    for (const entry of live) entry.stop()
    return live.length > 0
  }

  continue(entry) {
    this.addAnswer(this.conversation.continue({ turnId: entry.turnId }), { previous: entry })
    this.host.follow.toEnd()
  }

  regenerate(entry) {
    const { model } = this.host.options()
    const turnId = entry?.turnId
    this.addAnswer(this.conversation.regenerate({ turnId, model }), { previous: entry?.message && entry, isOther: true })
    if (entry && !entry.message) this.pages.remove(entry)
    this.host.follow.toEnd()
  }

  /** Moves the focus to the message before (-1) or after (1) the focused one. */
  step(direction) {
    const all = this.pages.entries
    const at = all.findIndex(entry => entry.shown?.contains(document.activeElement))
    const next = at < 0 ? all.length - 1 : Math.min(all.length - 1, Math.max(0, at + direction))
    all[next]?.element().focus()
    all[next]?.element().scrollIntoView({ block: 'nearest' })
  }
}

// Where messages are written. What is written is kept as a draft of its conversation until it has been sent.

import { icon } from './dom.js'
import { recall, remember } from './memory.js'
import { count } from './words.js'

const DRAFT_MS = 300
/** What a frame needs beside the text. */
const FRAME_BYTES = 1024

export class Composer {
  /** `onSend(text)` takes a message; `onStop()` stops what runs. */
  constructor({ onSend, onStop }) {
    this.onSend = onSend
    this.form = document.getElementById('composer')
    this.input = document.getElementById('input')
    this.sendButton = document.getElementById('send')
    this.stopButton = document.getElementById('stop')
    this.note = document.getElementById('composer-note')
    this.sendButton.append(icon('up'))
    this.stopButton.append(icon('stop'))
    this.stopButton.addEventListener('click', onStop)
    this.choosers = ['model', 'lane'].map(name => new Chooser(name))
    this.form.addEventListener('submit', event => {
      event.preventDefault()
      this.submit()
    })
    this.input.addEventListener('input', () => this.changed())
    this.input.addEventListener('keydown', event => this.key(event))
    addEventListener('pagehide', () => this.keepDraft())
  }

  get text() {
    return this.input.value
  }

  key(event) {
    // A phone's Enter makes a line; there the button sends.
    const isTouch = matchMedia('(pointer: coarse)').matches
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.altKey || isTouch) return
    event.preventDefault()
    this.submit()
  }

  submit() {
    const text = this.text.trim()
    if (!text || this.tooLong) return
    this.write('')
    this.onSend(text, this.options)
    this.input.focus()
  }

  /** The model and lane chosen; the server's default where there is no choice. */
  get options() {
    return Object.fromEntries(this.choosers.filter(chooser => chooser.value).map(chooser => [chooser.name, chooser.value]))
  }

  /** Puts a text into the field, in place of what is there. */
  write(text) {
    this.input.value = text
    this.changed()
  }

  /** What the server can do. */
  configure(info) {
    this.maximum = info.maxMessageBytes
    this.choosers[0].offer(info.models)
    this.choosers[1].offer(info.lanes)
    this.changed()
  }

  /** Another conversation: its draft comes back. */
  moveTo(id) {
    this.keepDraft()
    this.draftId = id
    this.write(recall(`draft.${id}`, ''))
  }

  /** The draft belongs to a conversation that has just got its id. */
  rename(id) {
    remember(`draft.${this.draftId}`, undefined)
    this.draftId = id
  }

  keepDraft() {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.draftId !== undefined) remember(`draft.${this.draftId}`, this.text || undefined)
  }

  changed() {
    // For browsers whose fields do not grow by themselves.
    if (!CSS.supports('field-sizing', 'content')) {
      this.input.style.height = 'auto'
      this.input.style.height = `${this.input.scrollHeight}px`
    }
    const bytes = this.text.length * 3 < (this.maximum ?? Infinity) ? 0 : new TextEncoder().encode(this.text).length
    const room = (this.maximum ?? Infinity) - FRAME_BYTES
    this.tooLong = bytes > room
    this.note.textContent = this.tooLong
      ? `This is ${count(bytes - room)} bytes more than the server takes in one message. Shorten it, or send it in parts.` : ''
    this.sendButton.disabled = this.text.trim() === '' || this.tooLong
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.keepDraft(), DRAFT_MS)
  }

  /** Whether there is something to stop. */
  running(isRunning) {
    // The focus must not fall into nothing when the button goes.
    if (!isRunning && document.activeElement === this.stopButton) this.input.focus()
    this.stopButton.hidden = !isRunning
  }
}

/** A choice that is there only if there is one. */
class Chooser {
  constructor(name) {
    this.name = name
    this.box = document.getElementById(`${name}-box`)
    this.select = document.getElementById(name)
    this.select.addEventListener('change', () => remember(name, this.select.value))
  }

  offer(values) {
    const chosen = recall(this.name, '')
    this.select.replaceChildren(...values.map(value => new Option(value, value)))
    this.select.value = values.includes(chosen) ? chosen : values[0] ?? ''
    this.box.hidden = values.length < 2
  }

  get value() {
    return this.box.hidden ? '' : this.select.value
  }
}

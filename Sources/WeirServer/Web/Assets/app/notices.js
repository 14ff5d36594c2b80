// What is said beside the conversation: a banner for the connection, short notes with something to do, and one quiet
// live region for screen readers, which hears of beginnings and ends and never of single pieces.

import { h, icon, iconButton } from './dom.js'

const NOTE_MS = 8000

/** Tells screen readers, when they have finished what they say. */
export function announce(text) {
  const region = document.getElementById('announcer')
  region.replaceChildren()
  // The same words twice are two announcements only if the region was empty in between.
  setTimeout(() => region.append(h('p', {}, text)), 50)
}

/** The line above the conversation; `undefined` hides it. */
export function banner(text, action) {
  const element = document.getElementById('banner')
  if (!text) {
    element.hidden = true
    return
  }
  element.replaceChildren(icon('warning'), h('span', {}, text))
  if (action) element.append(h('button.link', { type: 'button', onclick: action.run }, action.label))
  element.hidden = false
}

/**
 * A note at the lower edge, with one thing to do about it. `onGone` is called when it goes without that having been
 * done. Returns what takes it away.
 */
export function note(text, { action, onGone, kind = 'plain', ms = NOTE_MS } = {}) {
  let isOver = false
  const end = run => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    element.remove()
    run?.()
  }
  const element = h(`div.note.${kind}`, {},
    h('span', {}, text),
    action && h('button.link', { type: 'button', onclick: () => end(action.run) }, action.label),
    iconButton('close', 'Dismiss', () => end(onGone)))
  let timer = setTimeout(() => end(onGone), ms)
  // Who points at it or has reached it by keyboard is about to use it.
  const hold = () => clearTimeout(timer)
  const release = () => {
    clearTimeout(timer)
    if (!isOver) timer = setTimeout(() => end(onGone), ms)
  }
  element.addEventListener('pointerenter', hold)
  element.addEventListener('focusin', hold)
  element.addEventListener('pointerleave', release)
  element.addEventListener('focusout', release)
  document.getElementById('notes').append(element)
  announce(action ? `${text} ${action.label} is possible.` : text)
  return () => end()
}

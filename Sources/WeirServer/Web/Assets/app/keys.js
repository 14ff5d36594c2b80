// Shortcuts, and the list of them.

const isApple = /Mac|iPhone|iPad/.test(navigator.platform)
const COMMAND = isApple ? '⌘' : 'Ctrl'

export const SHORTCUTS = [
  { keys: ['Enter'], what: 'Send' },
  { keys: ['Shift', 'Enter'], what: 'New line' },
  { keys: ['Esc'], what: 'Stop the answer' },
  { keys: [COMMAND, 'Shift', 'O'], what: 'New conversation' },
  { keys: [COMMAND, 'Shift', 'S'], what: 'Show or hide the list' },
  { keys: [COMMAND, 'Shift', 'X'], what: 'Copy the last answer' },
  { keys: ['Alt', '↑'], what: 'Message before' },
  { keys: ['Alt', '↓'], what: 'Message after' },
  { keys: ['/'], what: 'To the message field' },
  { keys: ['F2'], what: 'Rename, in the list' },
  { keys: ['Del'], what: 'Delete, in the list' },
  { keys: [COMMAND, '/'], what: 'These shortcuts' },
]

/** Calls what belongs to the keys; each action returns false if it had nothing to do. */
export function listen(actions) {
  addEventListener('keydown', event => {
    if (event.isComposing || event.defaultPrevented) return
    const action = actionOf(event)
    if (!action || document.querySelector('dialog[open]')) return
    if (actions[action]() !== false) event.preventDefault()
  })
}

function actionOf(event) {
  const command = isApple ? event.metaKey : event.ctrlKey
  const isTyping = event.target.matches?.('input, textarea, select, [contenteditable]')
  if (command && event.shiftKey) {
    return { KeyO: 'newConversation', KeyS: 'toggleList', KeyX: 'copyLast' }[event.code]
  }
  if (command && event.key === '/') return 'settings'
  if (event.altKey && !command) return { ArrowUp: 'messageBefore', ArrowDown: 'messageAfter' }[event.key]
  if (event.key === 'Escape') return 'stop'
  if (event.key === '/' && !isTyping) return 'focusInput'
  return undefined
}

// The page's dialogs: signing in, and settings with the shortcuts and what is left of the user's limits.

import { h, iconButton } from './dom.js'
import { recall, remember } from './memory.js'
import { forgetToken, keepToken } from './session.js'
import { SHORTCUTS } from './keys.js'
import { count, duration, errorWords, limitName } from './words.js'

function open(dialog) {
  document.body.append(dialog)
  // The browser keeps the focus inside, and gives it back.
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', event => {
    if (event.target === dialog && !dialog.classList.contains('must')) dialog.close()
  })
  dialog.showModal()
  return dialog
}

/** Asks for a token, and loads the page again with it. `reason`: why the last one did not do. */
export function askForToken(reason, isOurs) {
  if (document.querySelector('dialog.must')) return
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
  const field = h('textarea', {
    id: 'token', rows: '3', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', required: true,
    'aria-describedby': 'token-why',
  })
  const stays = h('input', { type: 'checkbox', id: 'token-stays' })
  const form = isOurs
    ? h('form', { method: 'dialog', onsubmit: event => {
      event.preventDefault()
      const token = field.value.replace(/\s+/g, '')
      if (!/^[\w.-]+$/.test(token)) {
        why.textContent = 'This is not a token: it consists of letters, digits, dots, dashes and underscores.'
        return
      }
      keepToken(token, stays.checked)
      location.reload()
    } },
    h('label', { for: 'token' }, 'Token'), field,
    h('label.check', {}, stays, 'Stay signed in on this device'),
    h('div.dialog-end', {}, h('button.primary', { type: 'submit' }, 'Sign in')))
    : h('div.dialog-end', {}, h('button.primary', { type: 'button', onclick: () => location.reload() }, 'Reload'))
  const why = h('p.why', { id: 'token-why', role: 'status' }, reason
    || 'This server asks for a token. Its operator makes one with “weir token”.')
  const dialog = h('dialog.must', { 'aria-labelledby': 'sign-in-title' }, h('h2', { id: 'sign-in-title' }, 'Sign in'), why, form)
  // There is nothing behind it that could be used.
  dialog.addEventListener('cancel', event => event.preventDefault())
  open(dialog)
}

/** Settings, shortcuts, limits. */
export function showSettings(weir, { isOurs, hasToken }) {
  const { info } = weir
  const usage = h('div.limits', {})
  const dialog = h('dialog.settings', { 'aria-labelledby': 'settings-title' },
    h('div.dialog-head', {}, h('h2', { id: 'settings-title' }, 'Settings'),
      iconButton('close', 'Close', () => dialog.close())),
    h('section', {},
      h('h3', {}, 'Appearance'), themeChoice()),
    h('section', {},
      h('h3', {}, 'Account'),
      h('p', {}, info ? `You are ${info.user}${info.plan ? `, on the plan “${info.plan}”` : ''}.` : 'Not connected.'),
      usage,
      isOurs && hasToken && h('button', { type: 'button', onclick: () => {
        forgetToken()
        location.reload()
      } }, 'Sign out')),
    h('section', {},
      h('h3', {}, 'Shortcuts'),
      h('dl.shortcuts', {}, SHORTCUTS.map(({ keys, what }) => h('div', {},
        h('dt', {}, keys.map(key => h('kbd', {}, key))), h('dd', {}, what))))),
    h('p.hint', {}, info ? `Server ${info.server}` : ''))
  open(dialog)
  if (info?.plan) fillLimits(weir, usage)
}

async function fillLimits(weir, place) {
  try {
    const { limits } = await weir.usage()
    place.replaceChildren(...limits.map(limit => h('div.limit', {},
      h('span', {}, limitName(limit.name)),
      h('span', {}, `${count(limit.remaining)} of ${count(limit.limit)} left`,
        limit.resetAfterMs > 0 ? `, whole again in ${duration(limit.resetAfterMs)}` : ''),
      h('progress', { max: String(limit.limit), value: String(limit.remaining), 'aria-label': limitName(limit.name) }))))
  } catch (error) {
    place.replaceChildren(h('p.hint', {}, errorWords(error)))
  }
}

function themeChoice() {
  const chosen = recall('theme', 'system')
  return h('div.segments', { role: 'radiogroup', 'aria-label': 'Theme' },
    ['system', 'light', 'dark'].map(name => h('label', {},
      h('input', { type: 'radio', name: 'theme', value: name, checked: name === chosen, onchange: () => {
        remember('theme', name === 'system' ? undefined : name)
        if (name === 'system') delete document.documentElement.dataset.theme
        else document.documentElement.dataset.theme = name
      } }), h('span', {}, name[0].toUpperCase() + name.slice(1)))))
}

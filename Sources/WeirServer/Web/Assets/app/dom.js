// The few lines that stand in for a framework. Elements are built, never parsed from text: whatever a person or a model
// has written can only become text.

const SVG = 'http://www.w3.org/2000/svg'

/**
 * An element: `h('button.primary', {type: 'button', onclick}, 'Send')`. Properties that begin with "on" are listeners,
 * `null`, `undefined` and `false` are left out, `true` is an attribute without value.
 */
export function h(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split('.')
  const element = document.createElement(tag)
  if (classes.length > 0) element.className = classes.join(' ')
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false))
  return element
}

const ICONS = {
  plus: 'M12 5v14M5 12h14',
  pencil: 'M4 20h4L19 9l-4-4L4 16v4M13.5 6.5l4 4',
  bin: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  again: 'M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7',
  up: 'M12 19V5M5.5 11.5L12 5l6.5 6.5',
  down: 'M12 5v14M5.5 12.5L12 19l6.5-6.5',
  stop: 'M7 7h10v10H7z',
  panel: 'M4 5h16v14H4zM10 5v14',
  sliders: 'M4 8h9M17 8h3M4 16h3M11 16h9M13 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 16a2 2 0 1 0 4 0a2 2 0 1 0-4 0',
  close: 'M6 6l12 12M18 6L6 18',
  warning: 'M12 4L2.5 20h19zM12 10v5M12 17.5v.01',
  tool: 'M14 6a4 4 0 0 1 5-1l-3 3 1 2 2 1 3-3a4 4 0 0 1-5 5l-8 8-3-3 8-8a4 4 0 0 1 0-4',
  thought: 'M9 18h6M10 21h4M12 3a6 6 0 0 1 3.5 10.9V16h-7v-2.1A6 6 0 0 1 12 3',
}

/** A line drawing of 24 by 24, in the colour of the text around it, silent for screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  svg.setAttribute('class', `icon icon-${name}`)
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', ICONS[name])
  svg.append(path)
  return svg
}

/** A button that shows an icon; `label` is what it is called, also on hover. */
export function iconButton(name, label, onclick, properties = {}) {
  return h('button.icon-button', { type: 'button', 'aria-label': label, title: label, onclick, ...properties }, icon(name))
}

/** Puts text on the clipboard; false where the browser does not let us. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Without TLS there is no clipboard API, but what is selected can still be copied.
    const area = h('textarea.off-screen', { 'aria-hidden': 'true', tabindex: '-1' })
    const focused = document.activeElement
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    focused?.focus()
    return done
  }
}

/** A button that copies what `text()` returns, and shows for a moment that it has. */
export function copyButton(label, text, properties = {}) {
  const button = iconButton('copy', label, async () => {
    const done = await copyText(text())
    button.replaceChildren(icon(done ? 'check' : 'warning'))
    button.title = done ? 'Copied' : 'The browser does not allow copying here; select the text instead'
    setTimeout(() => {
      button.replaceChildren(icon('copy'))
      button.title = label
    }, 1600)
  }, properties)
  return button
}

/** Runs `action` with the next frame; in a page that nobody sees, where frames do not come, a little later. */
export function soon(action) {
  if (document.hidden) setTimeout(action, 100)
  else requestAnimationFrame(action)
}

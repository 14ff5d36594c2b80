// The chat page: one client, the list, and the thread that the address names. `#c/ID` is a conversation, anything else a
// new one.

import { Weir } from '../weir.js'
import { Composer } from './composer.js'
import { askForToken, showSettings } from './dialogs.js'
import { icon } from './dom.js'
import { listen } from './keys.js'
import { recall, remember } from './memory.js'
import { banner, note } from './notices.js'
import { findToken, findUser } from './session.js'
import { Sidebar } from './sidebar.js'
import { Follow } from './thread/follow.js'
import { Thread } from './thread/thread.js'
import { duration, errorWords } from './words.js'

/** A connection that comes back sooner is not worth a word. */
const BANNER_MS = 900

const find = id => document.getElementById(id)
const { token, isOurs } = findToken()
const weir = new Weir({ token, user: findUser(), agent: 'weir-page/1' })
let thread
let hasBeenOnline = false
let bannerTimer

const follow = new Follow(find('scroller'), find('thread'), (isFollowing, distance) => {
  find('to-end').hidden = isFollowing || distance < 200
})

const composer = new Composer({
  onSend(text, options) {
    if (thread.isNew) {
      thread.isNew = false
      history.replaceState(null, '', `#c/${thread.conversation.id}`)
      composer.rename(thread.conversation.id)
      sidebar.select(thread.conversation.id)
    }
    thread.send(text, options)
  },
  onStop: () => thread.stop(),
})

const sidebar = new Sidebar(weir, {
  onGone(id) {
    if (thread?.conversation.id === id && !thread.isNew) goToNew()
  },
  onShown: () => thread && showTitle(),
})

const host = {
  weir,
  follow,
  elements: { scroller: find('scroller'), holder: find('thread') },
  options: () => composer.options,
  takeBack(text) {
    composer.write(composer.text ? `${text}\n\n${composer.text}` : text)
    composer.input.focus()
  },
  changed() {
    if (!thread) return
    composer.running(thread.live.length > 0)
    find('welcome').hidden = !thread.isNew || !thread.isEmpty
    showTitle()
  },
  moved: () => sidebar.touch(),
  gone() {
    note('This conversation was deleted.')
    goToNew()
  },
}

// Where we are.

function conversationInAddress() {
  return /^#c\/([A-Za-z0-9_-]{1,64})$/.exec(location.hash)?.[1]
}

/** To a conversation without a message yet, at once: the browser tells of a changed address later, and what is typed until
    then would go where one has just been. */
function goToNew() {
  location.hash = ''
  show()
}

async function show() {
  const id = conversationInAddress()
  if (thread && id === (thread.isNew ? undefined : thread.conversation.id)) return
  thread?.close()
  const opened = thread = new Thread(host, weir.conversation(id), id === undefined)
  follow.toEnd()
  sidebar.select(id)
  composer.moveTo(id ?? 'new')
  host.changed()
  closeDrawer()
  if (!matchMedia('(pointer: coarse)').matches) composer.input.focus({ preventScroll: true })
  try {
    await weir.ready
    await opened.open()
    follow.toEnd()
  } catch (error) {
    if (opened !== thread) return
    if (error.code === 'not_found') {
      goToNew()
      note('There is no such conversation; it may have been deleted.')
    } else if (weir.state !== 'closed') {
      note(errorWords(error), { kind: 'bad', ms: 60_000, action: { label: 'Try again', run: () => reopen() } })
    }
  }
}

function reopen() {
  thread?.close()
  thread = undefined
  show()
}

function showTitle() {
  const title = thread.isNew ? 'New conversation' : sidebar.title(thread.conversation.id)
  if (find('title').textContent !== title) find('title').textContent = title
  document.title = thread.isNew ? 'Weir' : `${title} · Weir`
}

// The connection.

weir.on('state', (state, error) => {
  clearTimeout(bannerTimer)
  thread?.connectionChanged()
  if (state === 'online') {
    banner()
    online()
  } else if (state === 'closed') {
    closed(error)
  } else {
    bannerTimer = setTimeout(() => showBanner(error), BANNER_MS)
    if (state === 'offline' && !hasBeenOnline && !token) askIfToken()
  }
})

function online() {
  hasBeenOnline = true
  composer.configure(weir.info)
  find('user-name').textContent = weir.info.user
  find('welcome-note').textContent = weir.info.models[0] ? `Answers come from ${weir.info.models[0]}.` : ''
  sidebar.load()
}

function closed(error) {
  if (error?.code === 'unauthenticated' || error?.code === 'permission_denied') {
    askForToken(token ? errorWords(error) : '', isOurs)
  } else if (error?.code !== 'closed') {
    banner(error ? errorWords(error) : 'The connection has ended.', { label: 'Reload', run: () => location.reload() })
  }
}

function showBanner(error) {
  const again = { label: 'Try now', run: () => weir.reconnect() }
  if (!navigator.onLine) {
    banner('You are offline. What you send is kept, and goes out when the connection is back.', again)
  } else {
    const wait = error?.retryAfterMs > 1500 ? ` Next attempt in ${duration(error.retryAfterMs)}.` : ''
    banner(`The server cannot be reached. What you send is kept.${wait}`, again)
  }
}

/** Without a token the client does not ask why it is refused, because the answer is no news to it; to us it is. */
async function askIfToken() {
  try {
    const { status } = await fetch('/v1/models', { cache: 'no-store' })
    if ((status !== 401 && status !== 403) || hasBeenOnline) return
    weir.close()
    askForToken('', isOurs)
  } catch {
    // Not reachable: the banner says so.
  }
}

weir.on('error', error => note(errorWords(error), { kind: 'bad' }))

// The list, which is a drawer on narrow screens.

const isNarrow = () => matchMedia('(max-width: 760px)').matches

function openDrawer() {
  document.body.classList.add('drawer-open')
  find('shade').hidden = false
  find('page').inert = true
  find('sidebar-hide').focus()
}

function closeDrawer() {
  if (!document.body.classList.contains('drawer-open')) return
  document.body.classList.remove('drawer-open')
  find('shade').hidden = true
  find('page').inert = false
}

function toggleList() {
  if (isNarrow()) {
    if (document.body.classList.contains('drawer-open')) closeDrawer()
    else openDrawer()
    return
  }
  const isHidden = document.body.classList.toggle('list-hidden')
  remember('listHidden', isHidden || undefined)
  find(isHidden ? 'sidebar-show' : 'sidebar-hide').focus()
}

function newConversation() {
  closeDrawer()
  if (thread.isNew) composer.input.focus()
  else goToNew()
}

document.body.classList.toggle('list-hidden', recall('listHidden', false))
find('sidebar-hide').append(icon('panel'))
find('sidebar-show').append(icon('panel'))
find('new-chat').prepend(icon('plus'))
find('new-chat-top').append(icon('plus'))
find('to-end').append(icon('down'))
find('settings-open').prepend(icon('sliders'))
find('sidebar-hide').addEventListener('click', toggleList)
find('sidebar-show').addEventListener('click', toggleList)
find('shade').addEventListener('click', closeDrawer)
find('to-end').addEventListener('click', () => follow.toEnd())
find('settings-open').addEventListener('click', settings)
find('list').addEventListener('click', event => {
  if (event.target.closest('a')) closeDrawer()
})
for (const id of ['new-chat', 'new-chat-top']) {
  find(id).addEventListener('click', event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    newConversation()
  })
}

function settings() {
  closeDrawer()
  showSettings(weir, { isOurs, hasToken: token !== undefined })
}

listen({
  newConversation,
  toggleList,
  settings,
  focusInput: () => composer.input.focus(),
  stop() {
    if (document.body.classList.contains('drawer-open')) return closeDrawer()
    return thread.stop()
  },
  copyLast() {
    const buttons = document.querySelectorAll('article.answer [data-copy]')
    if (buttons.length === 0) return false
    buttons[buttons.length - 1].click()
  },
  messageBefore: () => thread.step(-1),
  messageAfter: () => thread.step(1),
})

addEventListener('hashchange', show)
setInterval(() => thread?.tick(), 1000)
if (weir.state === 'online') online()
else bannerTimer = setTimeout(() => showBanner(), 2500)
show()

// The list of conversations: newest first, more as it is scrolled, in step with every device. Renaming happens in place;
// deleting can be undone for a moment, because it is asked of the server only then.

import { h, iconButton } from './dom.js'
import { recall, remember } from './memory.js'
import { note } from './notices.js'
import { ageGroup, errorWords } from './words.js'

const PAGE = 60
/** From so many on a filter is worth its place. */
const FILTER_FROM = 8
const TITLE_BYTES = 512

export class Sidebar {
  /** `onGone(id)` hears that a conversation has left the list, `onShown()` that titles may have changed. */
  constructor(weir, { onGone, onShown }) {
    this.weir = weir
    this.onGone = onGone
    this.onShown = onShown
    this.all = new Map()
    this.cursor = undefined
    this.selected = undefined
    this.hidden = new Set(Object.keys(recall('deleting', {})))
    this.list = document.getElementById('list')
    this.filter = document.getElementById('filter')
    this.filter.addEventListener('input', () => this.show())
    this.list.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.list
      if (scrollHeight - scrollTop - clientHeight < 400) this.more()
    }, { passive: true })
    weir.on('conversation', info => this.put(info))
    weir.on('deleted', id => this.drop(id))
  }

  /** Reads the list from its beginning: after connecting, and after having been away. */
  async load() {
    try {
      const page = await this.weir.conversations({ limit: PAGE })
      const ids = new Set(page.conversations.map(info => info.id))
      const last = page.conversations.at(-1)?.updatedAtMs ?? 0
      for (const info of page.conversations) this.all.set(info.id, info)
      // What was deleted while this device was away is within the page's time, and not in it.
      for (const [id, info] of this.all) {
        if (!ids.has(id) && (info.updatedAtMs > last || !page.nextCursor)) this.all.delete(id)
      }
      this.cursor = page.nextCursor
      this.show()
      await this.finishDeleting()
    } catch (error) {
      if (this.all.size === 0) this.list.replaceChildren(h('p.hint', {}, errorWords(error)))
    }
  }

  /** Something happened in a conversation that this device follows: the server tells the message, not the list. */
  touch() {
    clearTimeout(this.touched)
    this.touched = setTimeout(async () => {
      try {
        const { conversations } = await this.weir.conversations({ limit: 10 })
        for (const info of conversations) this.put(info)
      } catch {
        // The list is read again with the next connection.
      }
    }, 150)
  }

  async more() {
    if (!this.cursor || this.isLoading) return
    this.isLoading = true
    try {
      const page = await this.weir.conversations({ limit: PAGE, cursor: this.cursor })
      for (const info of page.conversations) this.all.set(info.id, info)
      this.cursor = page.nextCursor
      this.show()
    } catch {
      // Scrolling on tries again.
    } finally {
      this.isLoading = false
    }
  }

  put(info) {
    const old = this.all.get(info.id)
    if (old && old.revision > info.revision) return
    this.all.set(info.id, info)
    this.soonShow()
  }

  drop(id) {
    this.all.delete(id)
    this.hidden.delete(id)
    this.show()
    this.onGone(id)
  }

  select(id) {
    this.selected = id
    this.show()
  }

  title(id) {
    return titleOf(this.all.get(id))
  }

  /** Several changes in a row are shown once. */
  soonShow() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.show()
    }, 60)
  }

  show() {
    if (this.editing) return
    const wanted = this.filter.value.trim().toLocaleLowerCase()
    const shown = [...this.all.values()]
      .filter(info => !this.hidden.has(info.id) && titleOf(info).toLocaleLowerCase().includes(wanted))
      .sort((a, b) => b.updatedAtMs - a.updatedAtMs)
    document.getElementById('filter-box').hidden = this.all.size < FILTER_FROM && !wanted
    const focused = this.list.contains(document.activeElement) ? document.activeElement : undefined
    const focus = focused && { id: focused.closest('li')?.dataset.id, name: focused.getAttribute('aria-label') }
    const groups = []
    for (const info of shown) {
      const name = ageGroup(info.updatedAtMs)
      if (groups.at(-1)?.name !== name) groups.push({ name, items: [] })
      groups.at(-1).items.push(this.item(info))
    }
    this.onShown()
    this.list.replaceChildren(...groups.flatMap(group => [
      h('h2.group', {}, group.name), h('ul', {}, group.items),
    ]))
    if (shown.length === 0) {
      this.list.append(h('p.hint', {}, wanted ? 'No title has these words.' : 'Your conversations will be here.'))
    }
    if (focus?.id) this.refocus(focus)
  }

  refocus({ id, name }) {
    const item = this.list.querySelector(`li[data-id="${CSS.escape(id)}"]`)
    const controls = [...item?.querySelectorAll('a, button') ?? []]
    const same = controls.find(control => control.getAttribute('aria-label') === name) ?? controls[0] ?? this.list
    same.focus({ preventScroll: true })
  }

  item(info) {
    const title = titleOf(info)
    const isSelected = info.id === this.selected
    const link = h('a.item-link', {
      href: `#c/${info.id}`, title, dir: 'auto', 'aria-current': isSelected ? 'page' : null,
      onkeydown: event => {
        if (event.key === 'F2') this.rename(info)
        if (event.key === 'Delete') this.delete(info)
      },
    }, title)
    return h(isSelected ? 'li.selected' : 'li', { 'data-id': info.id }, link,
      iconButton('pencil', `Rename “${title}”`, () => this.rename(info)),
      iconButton('bin', `Delete “${title}”`, () => this.delete(info)))
  }

  rename(info) {
    const item = this.list.querySelector(`li[data-id="${CSS.escape(info.id)}"]`)
    if (!item || this.editing) return
    const field = h('input.rename', { type: 'text', 'aria-label': 'New title', maxlength: '200' })
    field.value = titleOf(info)
    this.editing = field
    const finish = async isKept => {
      if (this.editing !== field) return
      this.editing = undefined
      const title = cut(field.value.trim())
      if (isKept && title && title !== info.title) {
        this.all.set(info.id, { ...info, title })
        this.show()
        this.refocus({ id: info.id })
        try {
          this.put(await this.weir.conversation(info.id).rename(title))
        } catch (error) {
          this.all.set(info.id, info)
          note(`Not renamed. ${errorWords(error)}`, { kind: 'bad' })
          this.show()
        }
      } else {
        this.show()
        this.refocus({ id: info.id })
      }
    }
    field.addEventListener('keydown', event => {
      if (event.key === 'Enter' && !event.isComposing) finish(true)
      if (event.key === 'Escape') finish(false)
      event.stopPropagation()
    })
    field.addEventListener('blur', () => finish(true))
    item.replaceChildren(field)
    field.focus()
    field.select()
  }

  delete(info) {
    this.hidden.add(info.id)
    this.rememberDeleting(info.id, true)
    this.show()
    this.list.focus({ preventScroll: true })
    this.onGone(info.id)
    note(`Deleted “${short(titleOf(info))}”.`, {
      action: { label: 'Undo', run: () => {
        this.hidden.delete(info.id)
        this.rememberDeleting(info.id, false)
        this.show()
      } },
      onGone: () => this.reallyDelete(info.id),
    })
  }

  async reallyDelete(id) {
    try {
      await this.weir.conversation(id).delete()
      this.rememberDeleting(id, false)
    } catch (error) {
      if (error.code === 'not_found') {
        this.rememberDeleting(id, false)
        return
      }
      // It is asked for again with the next connection.
      if (error.retryable || error.code === 'connection_lost' || error.code === 'timeout') return
      this.hidden.delete(id)
      this.rememberDeleting(id, false)
      this.show()
      note(`Not deleted. ${errorWords(error)}`, { kind: 'bad' })
    }
  }

  /** A page that was left before the moment for undoing had passed. */
  async finishDeleting() {
    for (const [id, at] of Object.entries(recall('deleting', {}))) {
      if (Date.now() - at > 10_000) await this.reallyDelete(id)
    }
  }

  rememberDeleting(id, isDeleting) {
    const all = recall('deleting', {})
    if (isDeleting) all[id] = Date.now()
    else delete all[id]
    remember('deleting', Object.keys(all).length > 0 ? all : undefined)
  }
}

/** What a conversation is called. */
export function titleOf(info) {
  return info?.title?.trim() || 'New conversation'
}

function short(title) {
  return title.length > 40 ? `${title.slice(0, 39)}…` : title
}

/** As much of a title as the server takes. */
function cut(title) {
  let end = title
  while (new TextEncoder().encode(end).length > TITLE_BYTES) end = [...end].slice(0, -1).join('')
  return end
}

// The messages of a thread, in order, in pages of a few. Only pages near the window have their messages in the document;
// the others are empty boxes of the height they had. So a history of 10,000 messages costs what a screenful does.
//
// An entry has `order` (where it stands), `element()` (what shows it) and `forget()` (drops what shows it, unless it is
// alive; returns whether it could).

import { h } from '../dom.js'

const PAGE = 16

export class Pages {
  constructor(scroller, holder, follow) {
    this.scroller = scroller
    this.holder = holder
    this.follow = follow
    this.pages = []
    this.observer = new IntersectionObserver(changes => this.seen(changes), {
      root: scroller, rootMargin: '1200px 0px 1200px 0px',
    })
  }

  get entries() {
    return this.pages.flatMap(page => page.entries)
  }

  /** Without copying them all. */
  find(test) {
    for (let index = this.pages.length - 1; index >= 0; index -= 1) {
      const found = this.pages[index].entries.findLast(test)
      if (found) return found
    }
    return undefined
  }

  get last() {
    return this.pages.at(-1)?.entries.at(-1)
  }

  get first() {
    return this.pages[0]?.entries[0]
  }

  clear() {
    this.observer.disconnect()
    this.pages = []
    this.holder.replaceChildren()
  }

  /** Puts an entry where its order says. */
  add(entry) {
    let page = this.pages.findLast(page => page.entries[0].order <= entry.order)
    if (!page) page = this.pages[0] ?? this.newPage(0)
    const at = page.entries.findLastIndex(other => other.order <= entry.order) + 1
    if (at === page.entries.length && page.entries.length >= PAGE) {
      page = this.newPage(this.pages.indexOf(page) + 1)
      page.entries.push(entry)
      page.element.append(entry.element())
      return
    }
    page.entries.splice(at, 0, entry)
    if (page.isShown) page.element.insertBefore(entry.element(), page.element.children[at] ?? null)
    else page.height += 80
  }

  /** Puts older entries, in order, above all others; what is read stays where it is. */
  prepend(entries) {
    const before = this.scroller.scrollHeight
    for (let end = entries.length; end > 0; end -= PAGE) {
      const page = this.newPage(0)
      page.entries = entries.slice(Math.max(0, end - PAGE), end)
      page.element.append(...page.entries.map(entry => entry.element()))
    }
    if (!this.follow.isFollowing) this.follow.shift(this.scroller.scrollHeight - before)
  }

  remove(entry) {
    const page = this.pages.find(page => page.entries.includes(entry))
    if (!page) return
    page.entries.splice(page.entries.indexOf(entry), 1)
    if (page.isShown) entry.element().remove()
    if (page.entries.length === 0) {
      this.observer.unobserve(page.element)
      page.element.remove()
      this.pages.splice(this.pages.indexOf(page), 1)
    }
  }

  /** The entry's order has changed. */
  move(entry) {
    const all = this.entries
    const at = all.indexOf(entry)
    const isInPlace = (at === 0 || all[at - 1].order <= entry.order)
      && (at === all.length - 1 || all[at + 1].order >= entry.order)
    if (at < 0 || isInPlace) return
    this.remove(entry)
    this.add(entry)
  }

  newPage(index) {
    const page = { element: h('div.page'), entries: [], isShown: true, height: 0 }
    this.holder.insertBefore(page.element, this.pages[index]?.element ?? null)
    this.pages.splice(index, 0, page)
    this.observer.observe(page.element)
    return page
  }

  seen(changes) {
    for (const change of changes) {
      const page = this.pages.find(page => page.element === change.target)
      if (!page) continue
      if (change.isIntersecting) this.show(page)
      else this.hide(page, change.boundingClientRect.height)
    }
  }

  hide(page, height) {
    if (!page.isShown || page === this.pages.at(-1) || page.element.contains(document.activeElement)) return
    if (page.entries.some(entry => entry.isAlive)) return
    page.isShown = false
    page.height = height
    page.element.replaceChildren()
    page.element.style.height = `${height}px`
    for (const entry of page.entries) entry.forget()
  }

  show(page) {
    if (page.isShown) return
    page.isShown = true
    const isAbove = page.element.getBoundingClientRect().top < this.scroller.getBoundingClientRect().top
    page.element.style.height = ''
    page.element.append(...page.entries.map(entry => entry.element()))
    // The window may have another width than when it was measured.
    const grown = page.element.getBoundingClientRect().height - page.height
    if (isAbove && grown !== 0 && !this.follow.isFollowing) this.follow.shift(grown)
  }
}

// Markdown inside a block: text in, a small tree out. Linear in the text's length whatever the text is, because the text
// comes from a model that anyone may have told anything. Nothing here touches the document.
//
// A node is {kind: "text" | "code" | "break" | "em" | "strong" | "del" | "link", text?, href?, children?, end}; `end` is
// where its source ends, for the nodes at the top.

const WORD = /[\p{L}\p{N}]/u
const SPACE = /\s/
const PUNCTUATION = /[!-/:-@[-`{-~]/
const URL_START = /https?:\/\/[^\s<>"`]+/y
const ENTITY = /&(?:(amp|lt|gt|quot|apos|nbsp|copy|hellip|mdash|ndash|rarr|larr|times)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));/y
const AUTO_LINK = /<((?:https?:\/\/|mailto:)[^\s<>]+)>/y
const LINE_BREAK = /<br\s*\/?>/iy
const ENTITIES = {
  amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', copy: '©', hellip: '…', mdash: '—', ndash: '–',
  rarr: '→', larr: '←', times: '×',
}
/** Emphasis deeper than this stays as it was written. */
const DEEPEST = 24
/** So far back an opening mark may be for the rest of an unfinished text to be shown as if it were closed. */
const UNFINISHED = 600

/** A link's target if it leads somewhere harmless, else undefined. */
export function safeLink(target) {
  try {
    const url = new URL(target)
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : undefined
  } catch {
    return undefined
  }
}

/**
 * The nodes of `source`. `unfinished`: more will come, so a mark that is not closed yet is taken as closed at the end.
 * The result's `firstOpen` is where the first mark without a partner stands.
 */
export function parseInline(source, unfinished = false, inLink = false) {
  return new InlineParser(source, unfinished, inLink).parse()
}

class InlineParser {
  constructor(source, unfinished, inLink) {
    this.source = source
    this.unfinished = unfinished
    this.inLink = inLink
    this.at = 0
    this.out = []
    this.openers = []
    this.firstOpen = source.length
    this.noCode = new Set()
  }

  parse() {
    const { source } = this
    let plain = 0
    while (this.at < source.length) {
      const start = this.at
      const read = this.special(source[start])
      if (!read) {
        this.at += 1
        continue
      }
      this.text(source.slice(plain, start), start)
      for (const node of read) this.push(node)
      plain = this.at
    }
    this.text(source.slice(plain), source.length)
    if (this.unfinished) this.closeAll()
    for (const opener of this.openers) this.opened(opener.start)
    const nodes = joined(this.out)
    nodes.firstOpen = this.firstOpen
    return nodes
  }

  text(text, end) {
    if (text) this.out.push({ kind: 'text', text, end })
  }

  push(node) {
    if (node.kind === 'mark') this.mark(node)
    else this.out.push(node)
  }

  opened(position) {
    this.firstOpen = Math.min(this.firstOpen, position)
  }

  /** What begins with this character, with `at` moved behind it; undefined: it is plain text. */
  special(character) {
    switch (character) {
      case '\\': return this.escape()
      case '`': return this.code()
      case '*': case '_': case '~': return this.run(character)
      case '[': return this.link()
      case '!': return this.source[this.at + 1] === '[' ? this.link(1) : undefined
      case '$': return this.math()
      case '<': return this.angle()
      case '&': return this.entity()
      case '\n': return this.newline()
      case 'h': return this.bareLink()
      default: return undefined
    }
  }

  node(kind, end, rest) {
    this.at = end
    return [{ kind, ...rest, end }]
  }

  escape() {
    const next = this.source[this.at + 1]
    if (next === '\n') return this.node('break', this.at + 2)
    // Formulas are left as they are, with their marks.
    if (next === '(' || next === '[') {
      const close = this.source.indexOf(next === '(' ? '\\)' : '\\]', this.at + 2)
      if (close > 0) return this.node('text', close + 2, { text: this.source.slice(this.at, close + 2) })
      this.opened(this.at)
      return this.node('text', this.at + 2, { text: this.source.slice(this.at, this.at + 2) })
    }
    if (next && PUNCTUATION.test(next)) return this.node('text', this.at + 2, { text: next })
    return undefined
  }

  math() {
    const { source, at } = this
    if (source[at + 1] === '$') {
      const close = source.indexOf('$$', at + 2)
      return close > 0 ? this.node('text', close + 2, { text: source.slice(at, close + 2) }) : undefined
    }
    if (!source[at + 1] || SPACE.test(source[at + 1])) return undefined
    const close = source.slice(at + 1, at + 400).search(/[$\n]/)
    if (close < 1 || source[at + 1 + close] !== '$') return undefined
    const end = at + 1 + close
    // "$5 and $6" is money.
    if (SPACE.test(source[end - 1]) || /\d/.test(source[end + 1] ?? '')) return undefined
    return this.node('text', end + 1, { text: source.slice(at, end + 1) })
  }

  code() {
    const { source, at } = this
    let ticks = 1
    while (source[at + ticks] === '`') ticks += 1
    const mark = '`'.repeat(ticks)
    if (!this.noCode.has(ticks)) {
      for (let from = at + ticks; ;) {
        const close = source.indexOf(mark, from)
        if (close < 0) break
        let end = close + ticks
        while (source[end] === '`') end += 1
        if (end === close + ticks) {
          return this.node('code', end, { text: trimmedCode(source.slice(at + ticks, close)) })
        }
        from = end
      }
      this.noCode.add(ticks)
    }
    this.opened(at)
    if (this.unfinished && source.length - at < UNFINISHED) {
      const text = trimmedCode(source.slice(at + ticks))
      return this.node(text ? 'code' : 'text', source.length, { text })
    }
    return this.node('text', at + ticks, { text: mark })
  }

  run(character) {
    const { source, at } = this
    let count = 1
    while (source[at + count] === character) count += 1
    const end = at + count
    if (character === '~' && count !== 2) return this.node('text', end, { text: source.slice(at, end) })
    const before = source[at - 1] ?? ' '
    const after = source[end] ?? ' '
    let canOpen = !SPACE.test(after)
    let canClose = !SPACE.test(before)
    if (character === '_') {
      // snake_case is no emphasis.
      if (WORD.test(before)) canOpen = false
      if (WORD.test(after)) canClose = false
    }
    return this.node('mark', end, { character, count, canOpen, canClose, start: at })
  }

  mark(mark) {
    while (mark.count > 0 && mark.canClose) {
      const index = this.openerFor(mark)
      if (index < 0) break
      const opener = this.openers[index]
      this.openers.length = index + 1
      const used = mark.character === '~' || (opener.count >= 2 && mark.count >= 2) ? 2 : 1
      this.wrap(opener, used, mark.end - mark.count + used)
      mark.count -= used
    }
    if (mark.count === 0) return
    const node = { kind: 'text', text: mark.character.repeat(mark.count), end: mark.end }
    this.out.push(node)
    if (mark.canOpen && this.openers.length < DEEPEST) {
      this.openers.push({ ...mark, node, position: this.out.length - 1 })
    }
  }

  openerFor(mark) {
    for (let index = this.openers.length - 1; index >= 0; index -= 1) {
      const opener = this.openers[index]
      if (opener.character !== mark.character) continue
      // CommonMark's rule of three: in "**a*b**" the single mark closes nothing.
      const ambiguous = (opener.canClose || mark.canOpen) && (opener.count + mark.count) % 3 === 0
      if (!ambiguous || (opener.count % 3 === 0 && mark.count % 3 === 0)) return index
    }
    return -1
  }

  wrap(opener, used, end) {
    const children = joined(this.out.splice(opener.position + 1))
    const kind = opener.character === '~' ? 'del' : used === 2 ? 'strong' : 'em'
    opener.count -= used
    opener.node.text = opener.character.repeat(opener.count)
    if (opener.count === 0) {
      this.out.pop()
      this.openers.pop()
    }
    this.out.push({ kind, children, end })
  }

  /** More will come: what is open now will most likely be closed. */
  closeAll() {
    const { source } = this
    while (this.openers.length > 0) {
      const opener = this.openers[this.openers.length - 1]
      const isBare = opener.position === this.out.length - 1
      if (source.length - opener.start > UNFINISHED || (opener.character === '_' && opener.count > 2)) break
      this.opened(opener.start)
      if (isBare) {
        this.out.pop()
        this.openers.pop()
      } else {
        this.wrap(opener, opener.count >= 2 ? 2 : 1, source.length)
      }
    }
  }

  link(skip = 0) {
    const { source, at } = this
    if (this.inLink) return undefined
    const close = this.bracketEnd(at + skip)
    if (close === undefined) {
      // "[words" at the end is the beginning of a link, shown without its mark.
      const rest = source.slice(at + skip + 1)
      this.opened(at)
      if (this.unfinished && rest.length < 200 && !rest.includes('\n')) {
        return this.node('text', at + skip + 1, { text: '' })
      }
      return undefined
    }
    const label = source.slice(at + skip + 1, close)
    if (source[close + 1] !== '(') return undefined
    const target = /\(\s*(<[^<>\n]*>|[^\s<>()]*(?:\([^\s()]*\)[^\s<>()]*)*)(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/y
    target.lastIndex = close + 1
    const match = target.exec(source.length - close > 4096 ? source.slice(0, close + 4096) : source)
    if (!match) {
      this.opened(at)
      const rest = source.slice(close + 2)
      if (!this.unfinished || rest.length > UNFINISHED || SPACE.test(rest)) return undefined
      return this.node('link', source.length, { children: parseInline(label, false, true) })
    }
    const href = safeLink(match[1].replace(/^<|>$/g, ''))
    const children = parseInline(label || match[1], false, true)
    const end = close + 1 + match[0].length
    if (!href) return this.node('text', end, { text: source.slice(at, end) })
    return this.node('link', end, { href, children })
  }

  /** Where the bracket that opens at `start` is closed. All pairs are found in one walk, when the first is asked for. */
  bracketEnd(start) {
    if (!this.brackets) {
      this.brackets = new Map()
      const open = []
      for (let index = 0; index < this.source.length; index += 1) {
        const character = this.source[index]
        if (character === '\\') index += 1
        else if (character === '[') open.push(index)
        else if (character === ']' && open.length > 0) this.brackets.set(open.pop(), index)
      }
    }
    return this.brackets.get(start)
  }

  angle() {
    LINE_BREAK.lastIndex = this.at
    if (LINE_BREAK.test(this.source)) return this.node('break', LINE_BREAK.lastIndex)
    AUTO_LINK.lastIndex = this.at
    const match = this.inLink ? null : AUTO_LINK.exec(this.source)
    const href = match && safeLink(match[1])
    if (!href) return undefined
    const text = match[1].replace(/^mailto:/, '')
    return this.node('link', this.at + match[0].length, { href, children: [{ kind: 'text', text }] })
  }

  bareLink() {
    if (this.inLink || (this.at > 0 && WORD.test(this.source[this.at - 1]))) return undefined
    URL_START.lastIndex = this.at
    const match = URL_START.exec(this.source)
    if (!match) return undefined
    let text = match[0].replace(/[.,;:!?'*_~\]}]+$/, '')
    // A closing parenthesis belongs to the sentence unless the address opened it.
    while (text.endsWith(')') && text.split(')').length > text.split('(').length) text = text.slice(0, -1)
    const href = safeLink(text)
    if (!href) return undefined
    return this.node('link', this.at + text.length, { href, children: [{ kind: 'text', text }] })
  }

  entity() {
    ENTITY.lastIndex = this.at
    const match = ENTITY.exec(this.source)
    if (!match) return undefined
    const point = match[2] ? Number(match[2]) : Number.parseInt(match[3], 16)
    const isCharacter = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point < 0xe000)
    const text = match[1] ? ENTITIES[match[1]] : isCharacter ? String.fromCodePoint(point) : '\ufffd'
    return this.node('text', this.at + match[0].length, { text })
  }

  newline() {
    const last = this.source.slice(Math.max(0, this.at - 2), this.at)
    return last === '  ' ? this.node('break', this.at + 1) : undefined
  }
}

function trimmedCode(text) {
  const line = text.replace(/\n/g, ' ')
  return line.startsWith(' ') && line.endsWith(' ') && line.trim() ? line.slice(1, -1) : line
}

/** Neighbouring texts as one. */
function joined(nodes) {
  const result = []
  for (const node of nodes) {
    const last = result[result.length - 1]
    if (node.kind === 'text' && last?.kind === 'text') {
      last.text += node.text
      last.end = node.end
    } else if (node.kind !== 'text' || node.text) {
      result.push(node)
    }
  }
  return result
}

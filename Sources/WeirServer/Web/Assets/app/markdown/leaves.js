// The blocks that hold text. Each knows its element, takes its lines, and can go back to a state it was in, because the
// last line is shown before it is known to the end. `isVerbatim` ones take their lines as they are until their mark ends
// them.

import { copyButton, h } from '../dom.js'
import { paint } from './paint.js'
import { parseInline } from './inline.js'

/** So much of an open paragraph is read again with each piece; what is before it is done with. */
const OPEN_CHARACTERS = 4096
/** Lines of code that are laid out together: a piece costs the layout of the last group only. */
const GROUP_LINES = 40
const MOST_COLUMNS = 64
/** Rows that are laid out together, for the same reason. */
const GROUP_ROWS = 64

export class Paragraph {
  constructor(tag = 'p') {
    this.element = document.createElement(tag)
    /** What is not done with yet. */
    this.source = ''
    /** Nodes that are done with. */
    this.kept = 0
    this.shown = []
    this.isFirst = true
  }

  addLine(text) {
    this.source += (this.isFirst ? '' : '\n') + text.trimStart()
    this.isFirst = false
    this.settle()
  }

  /** More of a line that was too long to wait for its end. */
  more(text) {
    this.source += text
    this.settle()
  }

  save() {
    return { source: this.source, isFirst: this.isFirst, kept: this.kept }
  }

  restore(state) {
    // What was settled since stays so: it is shown already, and its source is not there twice.
    if (state.kept === this.kept) this.source = state.source
    else this.rewind(state)
    this.isFirst = state.isFirst
  }

  rewind(state) {
    while (this.element.childNodes.length > state.kept) this.element.lastChild.remove()
    this.kept = state.kept
    this.shown = []
    this.source = state.source
  }

  /** Decided at fixed places of the source, so that the same text looks the same however it was cut. */
  settle() {
    while (this.source.length >= OPEN_CHARACTERS) {
      const head = this.source.slice(0, OPEN_CHARACTERS)
      const nodes = parseInline(head)
      let end = nodes.firstOpen > OPEN_CHARACTERS / 4 ? nodes.firstOpen : OPEN_CHARACTERS
      let before = nodes.filter(node => node.end <= end)
      const cut = nodes[before.length]
      if (cut?.kind === 'text' || before.length === 0) {
        const from = before.at(-1)?.end ?? 0
        const space = head.lastIndexOf(' ', end - 1)
        end = space > from ? space : /[\ud800-\udbff]/.test(head[end - 1]) ? end - 1 : end
        before = parseInline(head.slice(0, end))
      } else {
        end = before.at(-1).end
      }
      paint(this.element, this.shown, before, this.kept)
      this.kept = this.element.childNodes.length
      this.shown = []
      this.source = this.source.slice(end)
    }
  }

  paint(isOpen) {
    // The first line of a table looks like text until its second line comes.
    const isHidden = isOpen && this.kept === 0 && this.source.startsWith('|') && !this.source.includes('\n')
    const nodes = isHidden ? [] : parseInline(isOpen ? this.source : this.source.trimEnd(), isOpen)
    paint(this.element, this.shown, nodes, this.kept)
    this.shown = nodes
  }
}

export class Heading {
  isOneLine = true

  constructor(level, text) {
    // The page has the first two levels.
    this.element = h(`h${Math.min(6, level + 2)}.level-${level}`)
    this.text = text
  }

  save() {}
  restore() {}
  more(text) {
    this.text += text
  }

  paint(isOpen) {
    this.element.replaceChildren()
    paint(this.element, [], parseInline(this.text, isOpen))
  }
}

export class Code {
  isVerbatim = true

  constructor(fence, indent, info) {
    this.fence = fence
    this.indent = indent
    this.lines = 0
    this.tail = document.createTextNode('')
    this.group = h('span.group', {}, this.tail)
    this.code = h('code', {}, this.group)
    const language = info.split(/[\s{]/)[0].slice(0, 32)
    this.element = h('div.code', {},
      h('div.code-head', {}, h('span', {}, language), copyButton('Copy code', () => this.code.textContent)),
      h('pre', { tabindex: '0', role: 'region', 'aria-label': language ? `Code, ${language}` : 'Code' }, this.code))
  }

  /** False: the line is the closing fence. */
  line(text) {
    const close = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(text)
    if (close && close[1][0] === this.fence[0] && close[1].length >= this.fence.length) return false
    this.begin()
    this.tail.appendData(this.dedented(text) + '\n')
    return true
  }

  begin() {
    if (this.lines > 0 && this.lines % GROUP_LINES === 0) {
      this.tail = document.createTextNode('')
      this.group = h('span.group', {}, this.tail)
      this.code.append(this.group)
    }
    this.lines += 1
    this.ahead?.remove()
    this.ahead = null
  }

  dedented(text) {
    let from = 0
    while (from < this.indent && text[from] === ' ') from += 1
    return text.slice(from)
  }

  /** A line that has not ended. */
  preview(text) {
    // It may become the closing fence.
    const shown = /^ {0,3}(`+|~+)$/.test(text) ? '' : this.dedented(text)
    if (!this.ahead) {
      if (!shown) return
      this.ahead = document.createTextNode('')
      this.group.append(this.ahead)
    }
    this.ahead.data = shown
  }

  more(text) {
    // The first line's words behind the language are not shown.
    if (this.lines === 0) return
    // The line's own end was written with its beginning.
    this.tail.deleteData(this.tail.length - 1, 1)
    this.tail.appendData(text + '\n')
  }

  save() {}
  restore() {}
  paint() {}
}

/** A displayed formula: its source, as it is. */
export class Formula {
  isVerbatim = true

  constructor(first, close) {
    this.close = close
    this.tail = document.createTextNode(first + '\n')
    this.ahead = document.createTextNode('')
    this.element = h('div.formula', {}, this.tail, this.ahead)
  }

  line(text) {
    if (text.trim() === '') return false
    this.tail.appendData(text + '\n')
    return !text.includes(this.close)
  }

  preview(text) {
    this.ahead.data = text
  }

  more(text) {
    this.tail.deleteData(this.tail.length - 1, 1)
    this.tail.appendData(text + '\n')
  }

  save() {}
  restore() {}
  paint() {}
}

export class Table {
  constructor(header, columns) {
    this.columns = columns
    this.body = document.createElement('tbody')
    this.head = this.cells('th', header)
    this.rows = 0
    this.element = h('div.table', { tabindex: '0', role: 'region', 'aria-label': 'Table' },
      h('table', {}, h('thead', {}, this.head), this.body))
  }

  row(line) {
    if (this.rows === GROUP_ROWS) this.fixColumns()
    else if (this.widths && this.rows % GROUP_ROWS === 0) this.goOn()
    this.rows += 1
    const row = this.cells('td', line)
    this.body.append(row)
    this.last = row.lastElementChild
    return row
  }

  /**
   * A column's width depends on all its cells, so a long table that grows would be laid out again with every row. From
   * here on the widths stay, and the rows that follow stand in tables of their own. A table that is not on the screen yet
   * is laid out once anyway.
   */
  fixColumns() {
    const widths = [...this.head.children].map(cell => cell.getBoundingClientRect().width)
    if (widths.some(width => width === 0)) return
    this.widths = widths
    this.body.parentNode.prepend(this.columnWidths())
    this.body.parentNode.classList.add('fixed')
    this.goOn()
  }

  columnWidths() {
    return h('colgroup', {}, this.widths.map(width => {
      const column = document.createElement('col')
      column.style.width = `${width}px`
      return column
    }))
  }

  goOn() {
    this.body = document.createElement('tbody')
    this.element.append(h('table.fixed', {}, this.columnWidths(), this.body))
  }

  cells(tag, line) {
    const texts = split(line)
    return h('tr', {}, this.columns.map((align, index) => {
      const cell = h(align ? `${tag}.${align}` : tag, tag === 'th' ? { scope: 'col' } : {})
      paint(cell, [], parseInline(texts[index] ?? ''))
      return cell
    }))
  }

  more(text) {
    this.last?.append(text)
  }

  save() {}
  restore() {}
  paint() {}
}

/** The columns' alignments if `line` is the second line of a table whose first is `header`. */
export function tableColumns(line, header) {
  if (!header.includes('|') && !line.includes('|')) return undefined
  if (header.includes('\n') || !/^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(line)) return undefined
  const marks = split(line)
  if (marks.length !== split(header).length || marks.length > MOST_COLUMNS) return undefined
  return marks.map(mark => {
    if (mark.endsWith(':')) return mark.startsWith(':') ? 'center' : 'right'
    return ''
  })
}

/** A table's line at its bars; a bar behind a backslash or in code is text. */
function split(line) {
  const cells = []
  let cell = ''
  let inCode = false
  const text = line.trim().replace(/^\|/, '')
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (character === '\\' && text[index + 1] === '|') {
      cell += '|'
      index += 1
    } else if (character === '|' && !inCode) {
      cells.push(cell.trim())
      cell = ''
    } else {
      if (character === '`') inCode = !inCode && text.includes('`', index + 1)
      cell += character
    }
  }
  if (cell.trim() || cells.length === 0) cells.push(cell.trim())
  return cells
}

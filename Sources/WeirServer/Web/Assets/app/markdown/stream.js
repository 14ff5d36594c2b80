// Markdown that arrives bit by bit, as nodes of the document. Each whole line is looked at once, as CommonMark describes:
// which open containers (quotes, lists) it continues, what it begins, and otherwise to which leaf its text belongs. The
// line that has not ended yet is shown as if it had, and taken back when more of it comes. So the cost of a piece is that
// of the last open leaf, whatever came before; a leaf's own finished part is left alone too (see Paragraph).
//
// Not done, on purpose: HTML (shown as written), pictures (shown as links: they would tell strangers who reads what),
// indented code and underlined "---" headings (models mean a rule). Formulas are left as text.

import { Code, Formula, Heading, Paragraph, Table, tableColumns } from './leaves.js'

const QUOTE = /^ {0,3}> ?/
const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`\n]*)$/
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/
const ITEM = /^( {0,3})([-*+]|(\d{1,9})([.)]))(?:( +)(?=\S)|( *)$)/
const FORMULA = /^ {0,3}(\$\$|\\\[)/
/** What may yet become a rule or a table's second line is not shown as text in the meantime. */
const MAYBE_MARKS = /^[\s|:\-*_=]+$/
/** Deeper quotes and lists are shown at this depth. */
const DEEPEST = 12
/** A line this long is what it began as; the rest of it is text. */
const LONG_LINE = 1024

export class MarkdownStream {
  /** Shows everything inside `element`, which is this object's alone. */
  constructor(element) {
    this.root = element
    this.stack = [{ kind: 'root', element }]
    this.leaf = null
    /** The beginning of a line whose end has not come. */
    this.line = ''
    /** The line's beginning has been placed in the leaf for good. */
    this.isPlaced = false
    /** What to restore when the unfinished line goes on. */
    this.guess = null
  }

  /** Adds text, of any length, cut anywhere. */
  append(text) {
    this.takeBack()
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.finishLine(text.slice(start, end).replace(/\r$/, ''))
      start = end + 1
    }
    this.line += text.slice(start)
    if (this.isPlaced) {
      this.more(this.line)
      this.line = ''
    } else if (this.line.length > LONG_LINE) {
      this.place(this.line)
      this.line = ''
      this.isPlaced = true
    } else if (this.line) {
      this.showGuess()
    }
    this.leaf?.paint(true)
  }

  /** Nothing more will come. */
  end() {
    this.takeBack()
    if (this.line || this.isPlaced) this.finishLine('')
    this.closeLeaf()
  }

  finishLine(rest) {
    if (this.isPlaced) this.more(this.line + rest)
    else this.place(this.line + rest)
    if (this.leaf?.isOneLine) this.closeLeaf()
    this.line = ''
    this.isPlaced = false
  }

  /** More of a line that was placed before its end had come. */
  more(text) {
    if (!text) return
    if (!this.leaf) {
      this.leaf = new Paragraph()
      this.add(this.leaf.element)
    }
    this.leaf.more(text)
  }

  // The unfinished line.

  showGuess() {
    if (this.leaf?.isVerbatim) {
      this.guess = { leaf: this.leaf, verbatim: true }
      this.leaf.preview(this.line)
      return
    }
    if (this.leaf && MAYBE_MARKS.test(this.line)) return
    this.guess = { stack: this.stack.map(entry => ({ ...entry })), leaf: this.leaf, state: this.leaf?.save(), added: [] }
    this.place(this.line)
  }

  takeBack() {
    const { guess } = this
    if (!guess) return
    this.guess = null
    if (guess.verbatim) {
      guess.leaf.preview('')
      return
    }
    for (const element of guess.added) element.remove()
    this.stack = guess.stack
    this.leaf = guess.leaf
    this.leaf?.restore(guess.state)
  }

  add(element) {
    this.top.element.append(element)
    this.guess?.added.push(element)
    return element
  }

  get top() {
    return this.stack[this.stack.length - 1]
  }

  // A line finds its place.

  place(line) {
    let rest = line.replace(/^[ \t]+/, indent => indent.replace(/\t/g, '    '))
    let depth = 1
    for (; depth < this.stack.length; depth += 1) {
      const continued = continuation(this.stack[depth], rest)
      if (continued === undefined) break
      rest = continued
    }
    this.depth = depth
    if (this.leaf?.isVerbatim && depth === this.stack.length) {
      if (!this.leaf.line(depth === 1 ? line : rest)) this.closeLeaf()
      return
    }
    if (rest.trim() === '') {
      this.blank()
      return
    }
    rest = this.begin(rest)
    if (rest !== undefined) this.text(rest)
  }

  blank() {
    // A quote ends with the first line that does not begin with its mark.
    if (this.stack.slice(this.depth).some(entry => entry.kind === 'quote')) this.closeTo(this.depth)
    else this.closeLeaf()
    for (const entry of this.stack) if (entry.kind === 'list') entry.sawBlank = true
  }

  /** Opens what the line begins. Returns the text that is left, or undefined if the line is used up. */
  begin(line) {
    let rest = line
    for (;;) {
      const isDeep = this.stack.length > DEEPEST * 2
      const quote = isDeep ? null : QUOTE.exec(rest)
      const item = isDeep || quote ? null : ITEM.exec(rest)
      if (quote) {
        this.settle()
        this.enter('quote', 'blockquote')
        rest = rest.slice(quote[0].length)
      } else if (RULE.test(rest)) {
        this.settle()
        this.leaveList()
        this.add(document.createElement('hr'))
        return undefined
      } else if (item && this.mayBegin(item)) {
        this.settle()
        rest = this.beginItem(item, rest)
      } else {
        const leaf = this.leafOf(rest)
        if (!leaf) return rest
        this.settle()
        this.leaveList()
        this.leaf = leaf
        this.add(leaf.element)
        return undefined
      }
      this.depth = this.stack.length
      if (rest.trim() === '') return undefined
    }
  }

  /** Something begins: what the line does not go on with has ended. */
  settle() {
    this.closeTo(this.depth)
  }

  /** In the middle of a paragraph only a list that begins with 1 begins: "1984." at a line's start is a year. */
  mayBegin(item) {
    if (!(this.leaf instanceof Paragraph) || this.depth < this.stack.length) return true
    if (this.stack.some(entry => entry.kind === 'list')) return true
    return item[6] === undefined && (item[3] === undefined || item[3] === '1')
  }

  leafOf(rest) {
    const fence = FENCE.exec(rest)
    if (fence && !(fence[2][0] === '~' && fence[3].includes('~~~'))) {
      return new Code(fence[2], fence[1].length, fence[3].trim())
    }
    const heading = HEADING.exec(rest)
    if (heading) return new Heading(heading[1].length, heading[2] ?? '')
    const formula = FORMULA.exec(rest)
    if (formula) {
      const close = formula[1] === '$$' ? '$$' : '\\]'
      const isInline = rest.indexOf(close, formula[0].length) >= 0
      if (!isInline) return new Formula(rest.trimStart(), close)
    }
    return undefined
  }

  text(rest) {
    const isInside = this.depth === this.stack.length
    if (this.leaf instanceof Table) {
      if (isInside && rest.includes('|')) {
        const row = this.leaf.row(rest)
        this.guess?.added.push(row)
        return
      }
      this.closeLeaf()
    }
    if (this.leaf instanceof Paragraph) {
      const columns = isInside && !this.guess ? tableColumns(rest, this.leaf.source) : undefined
      if (columns) {
        const header = this.leaf.source
        this.leaf.element.remove()
        this.leaf = new Table(header, columns)
        this.add(this.leaf.element)
        return
      }
      // Also where a quote's mark or an item's indent is missing: a paragraph may go on lazily.
      this.leaf.addLine(rest)
      return
    }
    this.closeTo(this.depth)
    this.leaveList()
    this.leaf = new Paragraph()
    this.leaf.addLine(rest)
    this.add(this.leaf.element)
  }

  // Containers.

  enter(kind, tag, properties = {}) {
    if (kind !== 'item') this.leaveList()
    const element = document.createElement(tag)
    this.add(element)
    this.stack.push({ kind, element, ...properties })
    return element
  }

  /** Only items may stand in a list; anything else ends it. */
  leaveList() {
    while (this.top.kind === 'list') this.stack.pop()
  }

  beginItem(item, line) {
    const [, indent, mark, number, punctuation, space] = item
    const type = punctuation ?? mark
    while (this.top.kind === 'list' && this.top.type !== type) this.stack.pop()
    if (this.top.kind !== 'list') {
      const element = this.enter('list', number === undefined ? 'ul' : 'ol', { type, sawBlank: false })
      if (number !== undefined && number !== '1') element.start = Number(number)
    } else if (this.top.sawBlank) {
      this.top.element.classList.add('loose')
    }
    this.top.sawBlank = false
    const width = indent.length + mark.length
    const isCode = (space?.length ?? 1) > 4
    const content = isCode || space === undefined ? width + 1 : width + space.length
    const element = this.enter('item', 'li', { indent: content })
    let rest = line.slice(content)
    const task = /^\[([ xX])\] (?=\S)/.exec(rest)
    if (task) {
      element.className = 'task'
      const box = document.createElement('span')
      box.className = task[1] === ' ' ? 'box' : 'box done'
      box.setAttribute('role', 'img')
      box.setAttribute('aria-label', task[1] === ' ' ? 'to do' : 'done')
      element.append(box)
      rest = rest.slice(task[0].length)
    }
    return rest
  }

  /** Ends all but the first `depth` containers. A list whose item has ended stays: its next item may follow. */
  closeTo(depth) {
    this.closeLeaf()
    this.stack.length = depth
  }

  closeLeaf() {
    this.leaf?.paint(false)
    this.leaf = null
  }
}

/** What is left of a line that goes on in the container; undefined if it does not. */
function continuation(entry, line) {
  if (entry.kind === 'quote') {
    const mark = QUOTE.exec(line)
    return mark ? line.slice(mark[0].length) : undefined
  }
  if (entry.kind === 'list') return line
  if (line.trim() === '') return ''
  const indent = line.length - line.trimStart().length
  return indent >= entry.indent ? line.slice(entry.indent) : undefined
}

// What an answer consists of, as it comes: text as Markdown, reasoning folded away, calls of tools.

import { MarkdownStream } from '../markdown/stream.js'
import { h, icon } from '../dom.js'

export class Body {
  constructor() {
    this.element = h('div.body')
    this.part = null
  }

  /** Shows a stretch of an answer. */
  add(piece) {
    if (piece.kind === 'seam') this.begin(new Seam())
    else if (piece.kind === 'toolCall') this.begin(new ToolCall(piece.name))
    else if (piece.kind === 'toolArguments') this.of(ToolCall, () => new ToolCall('a tool')).append(piece.text)
    else if (piece.kind === 'reasoning') this.of(Reasoning, () => new Reasoning()).append(piece.text)
    else if (piece.text) this.of(Text, () => new Text()).append(piece.text)
  }

  /** Shows a message's parts. */
  addParts(parts) {
    for (const part of parts) {
      if (part.reasoning) this.add({ kind: 'reasoning', text: part.reasoning.text })
      else if (part.toolCall) {
        this.add({ kind: 'toolCall', text: '', name: part.toolCall.name })
        this.add({ kind: 'toolArguments', text: part.toolCall.arguments })
      } else if (part.text) this.add({ kind: 'text', text: part.text })
    }
  }

  of(kind, make) {
    if (!(this.part instanceof kind)) this.begin(make())
    return this.part
  }

  begin(part) {
    this.part?.end()
    this.part = part
    this.element.append(part.element)
  }

  end() {
    this.part?.end()
    this.part = null
  }
}

class Text {
  constructor() {
    this.element = h('div.markdown')
    this.markdown = new MarkdownStream(this.element)
  }

  append(text) {
    this.markdown.append(text)
  }

  end() {
    this.markdown.end()
  }
}

class Reasoning {
  constructor() {
    this.since = performance.now()
    this.summary = h('summary', {}, icon('thought'), h('span', {}, 'Thinking…'))
    const text = h('div.markdown')
    this.markdown = new MarkdownStream(text)
    this.element = h('details.fold.reasoning', {}, this.summary, text)
  }

  append(text) {
    this.markdown.append(text)
  }

  end() {
    this.markdown.end()
    const seconds = Math.round((performance.now() - this.since) / 1000)
    // Shown from history it was thought at another time.
    this.summary.lastChild.textContent = seconds >= 1 ? `Thought for ${seconds} s` : 'Thought before answering'
  }
}

class ToolCall {
  constructor(name) {
    this.text = document.createTextNode('')
    this.element = h('details.fold.tool', {},
      h('summary', {}, icon('tool'), h('span', {}, 'Asks for the tool ', h('code', {}, name))),
      h('pre', { tabindex: '0', role: 'region', 'aria-label': 'Arguments' }, this.text))
  }

  append(text) {
    this.text.appendData(text)
  }

  end() {
    try {
      this.text.data = JSON.stringify(JSON.parse(this.text.data), null, 2)
    } catch {
      // As the model wrote it, then.
    }
  }
}

class Seam {
  element = h('p.seam', {}, 'Another model server goes on from here.')
  end() {}
}

// The tree of parseInline as nodes of the document. Painting again touches only what has changed, so that a reader's
// selection stays, and text that streams costs what is new.

const TAGS = { em: 'em', strong: 'strong', del: 'del', code: 'code', link: 'a', break: 'br' }

/** Makes the children of `parent` from `keep` on show `next`, given that they show `previous`. */
export function paint(parent, previous, next, keep = 0) {
  for (let index = 0; index < next.length; index += 1) {
    const node = next[index]
    const old = previous[index]
    const shown = parent.childNodes[keep + index]
    if (!old || !shown) {
      parent.append(made(node))
    } else if (!repaint(shown, old, node)) {
      parent.replaceChild(made(node), shown)
    }
  }
  while (parent.childNodes.length > keep + next.length) parent.lastChild.remove()
}

function repaint(shown, old, node) {
  if (old.kind !== node.kind || old.href !== node.href) return false
  if (node.kind === 'text') {
    if (old.text !== node.text) extend(shown, old.text, node.text)
  } else if (node.kind === 'code') {
    if (old.text !== node.text) extend(shown.firstChild, old.text, node.text)
  } else if (node.children) {
    paint(shown, old.children, node.children)
  }
  return true
}

function extend(shown, old, text) {
  if (text.startsWith(old)) shown.appendData(text.slice(old.length))
  else shown.data = text
}

function made(node) {
  if (node.kind === 'text') return document.createTextNode(node.text)
  const element = document.createElement(TAGS[node.kind])
  if (node.kind === 'code') element.append(document.createTextNode(node.text))
  if (node.kind === 'link' && node.href) {
    element.href = node.href
    element.rel = 'noopener noreferrer nofollow'
    element.target = '_blank'
  }
  for (const child of node.children ?? []) element.append(made(child))
  return element
}

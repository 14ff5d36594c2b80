// What this browser remembers for the page: drafts, choices, what is being deleted. Storage may be full, forbidden or
// somebody else's; then the page forgets, and works.

const PREFIX = 'weir.'

/** What was remembered under `name`, else `otherwise`. */
export function recall(name, otherwise) {
  try {
    const text = localStorage.getItem(PREFIX + name)
    return text === null ? otherwise : JSON.parse(text)
  } catch {
    return otherwise
  }
}

/** Remembers a value; `undefined` forgets it. */
export function remember(name, value) {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name)
    else localStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // The page works without.
  }
}

// Who is at the page. In order: what the application in front of Weir provides, a token in the address, one that was
// pasted before; without any, the server may let this machine in as it is.
//
// For applications, two ways:
//  - `window.weirToken`: a token, or a function that returns one or a promise of one. It is called before each attempt to
//    connect, so it should return a fresh token when the last one has run out. Define it in a script that your proxy
//    adds before the page's own.
//  - a link to `/#token=...`: the token is taken out of the address at once, and kept for the tab. The part behind `#` is
//    not sent to servers and does not appear in their logs; `/?token=...` works too, and does.

const KEY = 'weir.token'

/** Takes a token out of the address, so that it does not stay in the history, in bookmarks and over the shoulder. */
function tokenInAddress() {
  const url = new URL(location.href)
  const fragment = new URLSearchParams(url.hash.slice(1))
  const token = url.searchParams.get('token') ?? fragment.get('token')
  if (token === null) return undefined
  url.searchParams.delete('token')
  if (fragment.has('token')) {
    fragment.delete('token')
    url.hash = fragment.toString()
  }
  history.replaceState(history.state, '', url)
  return token.trim() || undefined
}

function stored() {
  try {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a token: for this tab, or on this device. */
export function keepToken(token, onDevice) {
  try {
    localStorage.removeItem(KEY)
    sessionStorage.setItem(KEY, token)
    if (onDevice) localStorage.setItem(KEY, token)
  } catch {
    // It holds until the page is left.
  }
}

/** Forgets the token that was pasted. */
export function forgetToken() {
  try {
    sessionStorage.removeItem(KEY)
    localStorage.removeItem(KEY)
  } catch {
    // There is none, then.
  }
}

/** What `Weir` takes as its token, and whether it is ours to ask for. */
export function findToken() {
  const hook = window.weirToken
  if (typeof hook === 'function' || (typeof hook === 'string' && hook)) return { token: hook, isOurs: false }
  const given = tokenInAddress()
  if (given) keepToken(given, false)
  const token = given ?? stored()
  return { token, isOurs: true }
}

/** Who to be where the server asks for no token: `/?user=ann`. */
export function findUser() {
  return new URL(location.href).searchParams.get('user') ?? undefined
}

// What the page says in words: errors with what to do about them, waits, dates, sizes.

const ADVICE = {
  unauthenticated: 'Sign in again with a valid token.',
  permission_denied: 'Ask the operator for a token that allows it.',
  not_found: 'It may have been deleted on another device.',
  stale_revision: 'The conversation has moved on; read the news, then send again.',
  turn_running: 'Wait for the running answer, or stop it.',
  overloaded: 'The server has much to do.',
  too_large: 'Shorten the message, or send it in parts.',
  not_saved: 'The message was not stored. Send it again.',
  upstream_failed: 'The model’s provider could not be reached.',
  upstream_timeout: 'The model’s provider did not answer in time.',
  upstream_rejected: 'The operator must look at the provider’s settings.',
  upstream_overloaded: 'The model’s provider has too much to do.',
  interrupted: 'What had come is kept.',
  internal: 'This is the server’s fault. Try again; if it comes back, tell the operator.',
  connection_lost: 'The connection was lost. Try again when it is back.',
  timeout: 'The server did not answer. Try again.',
  withdrawn: 'It was taken back before it was sent.',
}

const REASONS = {
  capacity: 'all places at the model are taken',
  rate_limit: 'the provider’s rate limit',
  provider_down: 'the provider does not answer; it is being tried',
  retry: 'a first attempt failed, the next one comes',
  conversation: 'the answer above comes first',
  user_limit: 'you have as many answers running as your plan allows',
}

const LIMITS = {
  turns_per_minute: 'Messages a minute',
  turns_at_once: 'Answers at once',
  tokens_per_day: 'Tokens a day',
  tokens_per_month: 'Tokens a month',
}

/** An error as sentences: what happened, what to do, and when. */
export function errorWords(error) {
  const sentences = [sentence(error.message || 'Something went wrong.')]
  const advice = ADVICE[error.code]
  // Most sentences end with what to do; the shortest, of clients and providers, may not.
  if (advice && !/[;:,.] /.test(sentences[0])) sentences.push(advice)
  if (error.retryAfterMs > 0) sentences.push(`Possible again in ${duration(error.retryAfterMs)}.`)
  return sentences.join(' ')
}

function sentence(text) {
  const trimmed = text.trim()
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

/** A place in the queue: "3 before you, about 20 s: all places at the model are taken". */
export function queueWords(place, now = Date.now(), since = now) {
  const parts = []
  if (place.position > 0) parts.push(`${place.position} before you`)
  else parts.push('Next in line')
  if (place.estimateMs > 0) parts.push(`about ${duration(Math.max(1000, place.estimateMs - (now - since)))}`)
  const reason = REASONS[place.reason]
  return parts.join(', ') + (reason ? `: ${reason}` : '')
}

/** "8 s", "3 min", "2 h", "4 days". */
export function duration(ms) {
  const seconds = Math.max(1, Math.ceil(ms / 1000))
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}

/** What a limit is called. */
export function limitName(name) {
  return LIMITS[name] ?? name.replace(/_/g, ' ')
}

/** Under which heading of the list a conversation stands. */
export function ageGroup(ms, now = Date.now()) {
  const midnight = new Date(now)
  midnight.setHours(0, 0, 0, 0)
  const day = 86_400_000
  if (ms >= midnight.getTime()) return 'Today'
  if (ms >= midnight.getTime() - day) return 'Yesterday'
  if (ms >= midnight.getTime() - 7 * day) return 'Last 7 days'
  if (ms >= midnight.getTime() - 30 * day) return 'Last 30 days'
  return 'Older'
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** The time of day for today, else the date too. */
export function when(ms) {
  const isToday = new Date(ms).toDateString() === new Date().toDateString()
  return (isToday ? CLOCK : DATE).format(ms)
}

/** "1,234". */
export function count(number) {
  return number.toLocaleString()
}

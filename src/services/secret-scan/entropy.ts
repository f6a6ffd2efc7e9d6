/**
 * Values that are secrets by name and make: drawn at random, or chosen by a person. Pure.
 *
 * Names alone find too much (every test has a `password`), randomness alone too (every digest):
 * both together find what the patterns of known services cannot know. What a person chose is not
 * random; it is looked for in files of configuration only, where nothing else is written so.
 *
 * @module
 */

/** Bounded, and from the beginning of a word only: a long line costs no more than its length. */
const telling =
  '(?<![\\w.-])[\\w.-]{0,40}?(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|' +
  'private[_-]?key|access[_-]?key|auth[_-]?key|signing[_-]?key|encryption[_-]?key|credential)' +
  '[\\w.-]{0,40}'
/** Without one of these in it a line is not looked at further. */
const quick = /passw|passphrase|pwd|secret|token|key|credential|authorization|:\/\/|curl/i

/** Name, then = or :, then a value in quotes, or a bare one up to a blank. */
const quoted = '(["\'`])([^"\'`\\s]{6,200})\\2'
const bare = '([^"\'`\\s,;(){}<>]{6,200})'
const assignment = new RegExp(
  `(${telling})["'\\]]{0,2}\\s*(?::=|=>|=|:|,)\\s*(?:${quoted}|${bare})`,
  'gi',
)
/** Values that are sent as proof of who one is. */
const bearer =
  /\bauthorization["']?\s*[:=,]\s*["'`]?(?:bearer|basic|token)\s+([\w+/=.~-]{16,200})/gi
/** `user:password@` in any address, and `-u user:password` of curl. */
const inAddress = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"']{0,60}:([^\s:@/"'${<]{6,100})@/gi
const curl = /\bcurl\b.{0,200}?\s(?:-u|--user)[ =]["']?[^\s:"']{1,60}:([^\s"'$]{6,100})/gi

const configuration = new RegExp(
  '(^|/)(\\.env[\\w.-]*|\\.npmrc|\\.netrc|\\.pgpass|dockerfile|docker-compose[\\w.-]*)$|' +
    '\\.(env|properties|ya?ml|json|ini|conf|cfg|toml|tf|tfvars|xml|config)$',
  'i',
)

const BITS_PER_CHARACTER_MIN = 3
const RANDOM_LENGTH_MIN = 16
const LINE_MAX = 4000

export type Suspect = {
  /** Zero-based position of the value in the line. */
  readonly column: number
  readonly value: string
  /** `entropy`: drawn at random; `chosen`: by a person; `sent`: in an address or a header. */
  readonly rule: 'entropy' | 'chosen' | 'sent'
}

/** Values in a line that look like a secret. @param path Of its file: its kind decides too. */
export function suspectsIn(line: string, path = ''): readonly Suspect[] {
  if (line.length > LINE_MAX || !quick.test(line)) return []
  const found: Suspect[] = []
  const add = (match: RegExpExecArray, value: string, rule: Suspect['rule']): void => {
    const column = match.index + match[0].lastIndexOf(value)
    if (!found.some((one) => one.column === column)) found.push({ column, value, rule })
  }
  for (const match of line.matchAll(assignment)) {
    const value = match[3] ?? match[4] ?? ''
    if (stands(value) || tellsAPlace(match[1] ?? '')) continue
    if (looksRandom(value)) add(match, value, 'entropy')
    else if (configuration.test(path) && looksChosen(value)) add(match, value, 'chosen')
  }
  for (const pattern of [bearer, inAddress, curl]) {
    for (const match of line.matchAll(pattern)) {
      const value = match[1] ?? ''
      const likely = pattern === bearer ? looksRandom(value) : looksChosen(value)
      if (!stands(value) && likely) add(match, value, 'sent')
    }
  }
  return found
}

/** Names of places where a secret is, or of things about it: `password_file`, `token_url`. */
function tellsAPlace(name: string): boolean {
  return place.test(name)
}
const place = new RegExp(
  '(file|path|dir|url|uri|name|id|field|label|hash|length|max|min|type|policy|header|prefix|' +
    'regex|hint|error|message|count|age|days|ttl|expiry|endpoint)s?$',
  'i',
)

/** Whether the value stands for another: a variable, a reference, an example, a call, a path. */
function stands(value: string): boolean {
  return (
    /[$%#]\{|^\$|^<|>$|^\*+$|^x+$|\(|\)|\[|process\.|\benv\b|^https?:|^\.{0,2}\/|^~\/|^@/i.test(
      value,
    ) ||
    models.test(value) ||
    /^(sha\d+|md5)[-:]/i.test(value)
  )
}

const models = new RegExp(
  'example|placeholder|change.?me|your[_-]|dummy|sample|redacted|secret.?here|not.?set|' +
    'undefined|null',
  'i',
)

function classesOf(value: string): number {
  return [/[a-z]/, /[A-Z]/, /\d/, /[^\w]/].filter((one) => one.test(value)).length
}

function looksRandom(value: string): boolean {
  if (value.length < RANDOM_LENGTH_MIN || !/^[\w+/=.~!@#%^&*-]+$/.test(value)) return false
  if (!/\d/.test(value) || !/[a-z]/i.test(value)) return false
  if (isUuid(value) || isDate(value)) return false
  // A path, a dotted name or words joined by signs are read by people, not drawn by machines.
  const words = value.split(/[-_./]/)
  if (words.length > 2 && words.every((word) => word.length < 12)) return false
  if (/^[a-z]+([A-Z][a-z]+)*\d{0,3}$/.test(value)) return false // camelCase
  return entropy(value) >= BITS_PER_CHARACTER_MIN && jumps(value) >= value.length / 6
}

/** What people take for a password: letters and figures or signs, and no word of a program. */
function looksChosen(value: string): boolean {
  if (value.length < 6 || value.length > 64 || isUuid(value) || isDate(value)) return false
  if (/^[\d.,]+$|^[a-z]+([._/-][a-z]+)+\d?$|^v?\d+\.\d+/i.test(value)) return false
  return classesOf(value) >= 2 && /[\d!@#%^&*?+=]/.test(value) && /[a-z]/i.test(value)
}

/** Changes from one kind of sign to another: many in what a machine drew, few in words. */
function jumps(value: string): number {
  const kind = (one: string): number =>
    /[a-z]/.test(one) ? 0 : /[A-Z]/.test(one) ? 1 : /\d/.test(one) ? 2 : 3
  let count = 0
  for (let at = 1; at < value.length; at++)
    if (kind(value[at] ?? '') !== kind(value[at - 1] ?? '')) count++
  return count
}

function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
}

function isDate(value: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(value)
}

/** Shannon's entropy, bits for each character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/**
 * E-mail addresses: read strictly, and normalised to the person behind them.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'

/** `local` as written (quotes kept); `domain` in lower case and ASCII. */
export type Address = { readonly local: string; readonly domain: string }

/** RFC 5321 §4.5.3.1. */
const LOCAL_MAX = 64
const ADDRESS_MAX = 254

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const addressForm = new RegExp(
  `^(${atom}(?:\\.${atom})*|"(?:[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\x20-\\x7e])+")@(.+)$`,
)
const hostForm =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads one address as it stands in an envelope: no display name, no comment, no route.
 *
 * @throws {DeniedError} MAIL_ADDRESS_INVALID.
 */
export function parseAddress(text: string): Address {
  const [, local, written] = addressForm.exec(text) ?? []
  const domain = written === undefined ? undefined : asciiDomain(written)
  if (
    local === undefined ||
    domain === undefined ||
    local.length > LOCAL_MAX ||
    text.length > ADDRESS_MAX
  ) {
    throw new DeniedError('MAIL_ADDRESS_INVALID', 'not an address', 'the address is not valid')
  }
  return { local, domain }
}

/** A domain in lower-case ASCII (IDN as `xn--`), or undefined when it cannot be one. */
export function asciiDomain(text: string): string | undefined {
  const trimmed = text.replace(/\.$/, '')
  if (trimmed === '' || /[\s/?#@:\\[\]%]/.test(trimmed)) return undefined
  if (!URL.canParse(`http://${trimmed}`)) return undefined
  const host = new URL(`http://${trimmed}`).hostname
  return hostForm.test(host) && !/^[\d.]+$/.test(host) ? host : undefined
}

/**
 * The one address in a From field, which is what DMARC looks at. More than one author, a group or
 * an address hidden in a comment is refused: verifiers disagree about those.
 *
 * @throws {DeniedError} MAIL_ADDRESS_INVALID.
 */
export function authorOf(from: string): Address {
  const display = /^(?:"(?:[^"\\]|\\.)*"|[^"<>@,;:()]*)\s*<([^<>]+)>$/.exec(from)
  const bare = display?.[1] ?? from
  return parseAddress(bare.trim())
}

/** Mail providers where dots in the local part do not count, and what they are one with. */
const dotless: Readonly<Record<string, string>> = {
  'gmail.com': 'gmail.com',
  'googlemail.com': 'gmail.com',
}

/**
 * The victim behind an address: every spelling that reaches one mailbox gives one key, so that an
 * attacker cannot multiply a limit by writing the same address in other ways.
 *
 * Case, IDN spelling, quotes, sub-addresses (`+tag`; `-tag` at Yahoo) and the dots of Gmail are
 * taken away. It errs towards joining: two people in one key share a limit.
 */
export function victimOf(address: Address): string {
  const domain = dotless[address.domain] ?? address.domain
  const unquoted = /^"(.*)"$/.exec(address.local)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? address.local
  let local = unquoted.normalize('NFKC').toLowerCase()
  local = beforeTag(local, '+')
  if (/(^|\.)(yahoo|ymail|rocketmail)\.[a-z.]+$/.test(domain)) local = beforeTag(local, '-')
  if (domain in dotless) local = local.replaceAll('.', '')
  return `${local}@${domain}`
}

/** `j…@club.example`: enough for a person to know their own, too little to write to. */
export function shownAddress(address: string): string {
  return `${address.slice(0, 1)}…${address.slice(address.lastIndexOf('@'))}`
}

function beforeTag(local: string, separator: string): string {
  const at = local.indexOf(separator)
  return at > 0 ? local.slice(0, at) : local
}

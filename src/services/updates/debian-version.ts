/**
 * Versions of Debian packages, compared as dpkg does. Pure.
 *
 * Source: Debian Policy §5.6.12: `[epoch:]upstream[-revision]`; parts of letters and parts of
 * digits in turn, letters before signs, and a tilde before everything, even before the end.
 *
 * @module
 */

/** Below zero when `a` is older than `b`. */
export function compareDebian(a: string, b: string): number {
  const [left, right] = [split(a), split(b)]
  return (
    Math.sign(left.epoch - right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  )
}

type Parts = { readonly epoch: number; readonly upstream: string; readonly revision: string }

function split(version: string): Parts {
  const colon = version.indexOf(':')
  const rest = colon < 0 ? version : version.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)) || 0,
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '0' : rest.slice(dash + 1),
  }
}

function comparePart(a: string, b: string): number {
  let [left, right] = [a, b]
  while (left !== '' || right !== '') {
    const [wordA, wordB] = [/^\D*/.exec(left)?.[0] ?? '', /^\D*/.exec(right)?.[0] ?? '']
    const words = compareWords(wordA, wordB)
    if (words !== 0) return words
    ;[left, right] = [left.slice(wordA.length), right.slice(wordB.length)]
    const [numberA, numberB] = [/^\d*/.exec(left)?.[0] ?? '', /^\d*/.exec(right)?.[0] ?? '']
    const numbers = compareNumbers(numberA, numberB)
    if (numbers !== 0) return numbers
    ;[left, right] = [left.slice(numberA.length), right.slice(numberB.length)]
  }
  return 0
}

function compareWords(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = weight(a[at]) - weight(b[at])
    if (order !== 0) return Math.sign(order)
  }
  return 0
}

const SIGNS = 256

function weight(sign: string | undefined): number {
  if (sign === '~') return -1
  if (sign === undefined) return 0
  return /[A-Za-z]/.test(sign) ? sign.charCodeAt(0) : sign.charCodeAt(0) + SIGNS
}

/** Digits of any length: without leading noughts the longer one is the greater. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  if (left.length !== right.length) return Math.sign(left.length - right.length)
  return left < right ? -1 : Number(left > right)
}

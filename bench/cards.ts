/**
 * The look for card numbers: how many it finds of numbers made at random in every way of writing,
 * and how often it is wrong about digits that are no card number.
 *
 * VEILIG_CARD_STRINGS sets how many digit strings of each kind (10 million), VEILIG_SEED which.
 */
import { cardEncodings, missedEncodings } from '#kit/card-encodings.ts'
import { mulberry32 } from '#kit/random.ts'
import { lookForCards } from '#lib/cards/look.ts'
import { isCardNumber } from '#lib/cards/number.ts'

const STRINGS = Number(process.env['VEILIG_CARD_STRINGS'] ?? 10_000_000)
const NUMBERS = 200
const SEED = Number(process.env['VEILIG_SEED'] ?? 9)
const IN_PAGE = 500

const random = mulberry32(SEED)
const below = (limit: number): number => Math.floor(random() * limit)
const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join('')

/** A number of a scheme, its check digit right. */
function cardNumber(): string {
  const schemes = ['4', '51', '55', '2221', '34', '37', '36', '6011', '65', '3528', '62', '6703']
  for (;;) {
    const prefix = schemes[below(schemes.length)] ?? '4'
    const length = /^3[47]/.test(prefix) ? 15 : prefix === '36' ? 14 : 16
    const stem = prefix + digits(length - prefix.length - 1)
    const found = Array.from({ length: 10 }, (_, last) => stem + last).find(isCardNumber)
    if (found !== undefined) return found
  }
}

let sought = 0
let seen = 0
const missed = new Set<string>()
for (const [name, encode] of Object.entries(cardEncodings)) {
  for (let at = 0; at < NUMBERS; at++) {
    if (missedEncodings.has(name)) continue
    sought++
    if (lookForCards(Buffer.from(encode(cardNumber()))).length > 0) seen++
    else missed.add(name)
  }
}
const encodings = Object.keys(cardEncodings).length
say('recall', {
  encodings: encodings - missedEncodings.size,
  known: encodings,
  sought,
  recall: seen / sought,
  missed: [...missed],
})

/** What stands in the pages and tables of a club. */
const kinds: Readonly<Record<string, () => string>> = {
  'milliseconds since 1970': () => String(1_700_000_000_000 + below(100_000_000_000)),
  'microseconds since 1970': () => `17${digits(14)}`,
  'date and time': () =>
    `2026-${two(12)}-${two(28)}T${two(24)}:${two(60)}:${two(60)}.${digits(3)}Z`,
  telephone: () => `+32 4${digits(2)} ${digits(2)} ${digits(2)} ${digits(2)}`,
  IBAN: () => `BE${digits(2)} ${digits(4)} ${digits(4)} ${digits(4)}`,
  'structured communication': () => `+++${digits(3)}/${digits(4)}/${digits(5)}+++`,
  'article number (EAN-13)': () => `54${digits(11)}`,
  'row number': () => String(below(2 ** 31)),
  amount: () => `${below(10_000)}.${digits(2)}`,
  coordinates: () => `50.${digits(6)},4.${digits(6)}`,
  UUID: () => [8, 4, 4, 4, 12].map(hexadecimal).join('-'),
  'digest (SHA-256)': () => hexadecimal(64),
  'any length from 1 to 30': () => digits(1 + below(30)),
  '16 digits at random': () => digits(16),
}

for (const [kind, make] of Object.entries(kinds)) {
  let alarms = 0
  for (let done = 0; done < STRINGS; done += IN_PAGE) {
    const page = JSON.stringify(Array.from({ length: IN_PAGE }, make))
    alarms += lookForCards(Buffer.from(page)).length
  }
  say('false alarms', { kind, strings: STRINGS, alarms, per10Million: (alarms / STRINGS) * 1e7 })
}

function two(limit: number): string {
  return String(1 + below(limit - 1)).padStart(2, '0')
}

function hexadecimal(length: number): string {
  return Array.from({ length }, () => below(16).toString(16)).join('')
}

function say(what: string, figures: object): void {
  process.stdout.write(`${JSON.stringify({ bench: 'cards', what, ...figures })}\n`)
}

/** Ways in which a card number is written, for tests and figures of the scanner. */

/** Numbers the schemes publish for tests. */
export const testNumbers: readonly string[] = [
  '4111111111111111',
  '5555555555554444',
  '378282246310005',
  '6011111111111117',
]
const spaced = (digits: string, by: string, size = 4): string =>
  (digits.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(by)
const each = (digits: string, map: (digit: string, code: number) => string): string =>
  Array.from(digits, (digit) => map(digit, digit.charCodeAt(0))).join('')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0')

export const cardEncodings: Readonly<Record<string, (digits: string) => string | Buffer>> = {
  plain: (d) => d,
  'in a sentence': (d) => `my card is ${d}, please`,
  'in quotes': (d) => `"${d}"`,
  'as a JSON string': (d) => JSON.stringify({ card: d }),
  'as a JSON number': (d) => `{"card":${d}}`,
  'as a form field': (d) => `name=x&number=${d}&cvc=123`,
  'in a query': (d) => `/pay?pan=${d}`,
  'in XML': (d) => `<Number>${d}</Number>`,
  'in CSV': (d) => `1,${d},2`,
  'after a letter': (d) => `pan${d}x`,
  'after a date': (d) => `2026-11-25 ${d}`,
  'after an amount': (d) => `amount 12.50 ${d}`,
  'with spaces': (d) => spaced(d, ' '),
  'with dashes': (d) => spaced(d, '-'),
  'with dots': (d) => spaced(d, '.'),
  'with underscores': (d) => spaced(d, '_'),
  'with slashes': (d) => spaced(d, '/'),
  'with tabs': (d) => spaced(d, '\t'),
  'with line breaks': (d) => spaced(d, '\r\n'),
  'with two spaces': (d) => spaced(d, '  '),
  'with space, dash, space': (d) => spaced(d, ' - '),
  'with no-break spaces': (d) => spaced(d, '\u00a0'),
  'in threes': (d) => spaced(d, ' ', 3),
  'in fives': (d) => spaced(d, ' ', 5),
  'each digit apart': (d) => spaced(d, ' ', 1),
  'each digit dashed': (d) => spaced(d, '-', 1),
  'URL: plus for space': (d) => spaced(d, '+'),
  'URL: %20': (d) => spaced(d, '%20'),
  'URL: %2D': (d) => spaced(d, '%2D'),
  'URL: every digit': (d) => each(d, (_, code) => `%${hex(code, 2)}`),
  'JSON: every digit as \\u': (d) => `"${each(d, (_, code) => `\\u${hex(code, 4)}`)}"`,
  'JSON: \\u0020 between': (d) => `"${spaced(d, '\\u0020')}"`,
  'JSON: \\n between': (d) => `"${spaced(d, '\\n')}"`,
  'JavaScript: every digit as \\x': (d) => each(d, (_, code) => `\\x${hex(code, 2)}`),
  'HTML: decimal references': (d) => each(d, (_, code) => `&#${code};`),
  'HTML: hexadecimal references': (d) => each(d, (_, code) => `&#x${hex(code, 2)};`),
  'hexadecimal of ASCII': (d) => Buffer.from(d).toString('hex'),
  'UTF-16 little end first': (d) => Buffer.from(d, 'utf16le'),
  'UTF-16 big end first': (d) => Buffer.from(d, 'utf16le').swap16(),
  base64: (d) => base64(d),
  'base64 of JSON': (d) => base64(JSON.stringify({ holder: 'A', card: d, cvc: '123' })),
  'base64 of groups': (d) => base64(`card: ${spaced(d, ' ')}`),
  'base64 in a data URL': (d) => `data:text/plain;base64,${base64(`number ${d}.`)}`,
  'base64url in a path': (d) => `/api/v1/${Buffer.from(`{"pan":"${d}"}`).toString('base64url')}`,
  'base64 in lines of 76': (d) =>
    spaced(base64(`${'x'.repeat(100)} ${d} ${'y'.repeat(50)}`), '\r\n', 76),
  'base64 far into a long one': (d) => base64(`${'z'.repeat(9000)} ${d} `),
  'base64 of URL-encoded': (d) => base64(`card=${spaced(d, '%20')}&x=1`),
  'doubly URL-encoded': (d) => spaced(d, '%2520'),
  'base64 of base64': (d) => base64(base64(`pan ${d}`)),
}

/** Not found by the scanner, and said so in the README of payments. */
export const missedEncodings: ReadonlySet<string> = new Set(['base64 of base64'])

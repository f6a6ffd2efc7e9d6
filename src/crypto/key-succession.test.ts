/** Notes by which keys take over: both sign, nothing is added, none is left out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSuccession, openSuccession, readLine, signSuccession } from './key-succession.ts'
import { ed25519PrivateKey, noteSigner, signNote, type NoteSigner } from './signed-note.ts'

const [one, two, three] = [1, 2, 3].map((fill) =>
  noteSigner('log.example/a', ed25519PrivateKey(new Uint8Array(32).fill(fill))),
) as [NoteSigner, NoteSigner, NoteSigner]
const other = noteSigner('log.example/b', ed25519PrivateKey(new Uint8Array(32).fill(4)))
const AT = '2026-11-24T05:00:00.000Z'
const first = signSuccession(1, one, two, Date.parse(AT))
const second = signSuccession(2, two, three, Date.parse(AT) + 1)
const HEAD = 'veilig key succession v1'

test('succession: a note says who takes over from whom, and when', () => {
  const { former, next, number, atMs } = openSuccession(first)
  assert.deepEqual(
    [former, next, number, atMs],
    [one.verifierKey, two.verifierKey, 1, Date.parse(AT)],
  )
  assert(isSuccession(Buffer.from(first)) && !isSuccession(Buffer.from('{"payload":""}')))
})

const lines = (head: string, number: string, next: NoteSigner, at: string, ...more: string[]) =>
  [head, number, one.verifierKey, next.verifierKey, at, ...more, ''].join('\n')
const bad: Readonly<Record<string, readonly [code: RegExp, note: string]>> = {
  'only the former signed': [/NOTE_UNSIGNED/, signNote(lines(HEAD, '1', two, AT), [one])],
  'only the next signed': [/NOTE_UNSIGNED/, signNote(lines(HEAD, '1', two, AT), [two])],
  'a key of another name': [
    /SUCCESSION_INVALID/,
    signNote(lines(HEAD, '1', other, AT), [one, other]),
  ],
  'the same key': [/SUCCESSION_INVALID/, signNote(lines(HEAD, '1', one, AT), [one])],
  'number 0': [/SUCCESSION_INVALID/, signNote(lines(HEAD, '0', two, AT), [one, two])],
  'number 01': [/SUCCESSION_INVALID/, signNote(lines(HEAD, '01', two, AT), [one, two])],
  'another day form': [
    /SUCCESSION_INVALID/,
    signNote(lines(HEAD, '1', two, '2026-11-24'), [one, two]),
  ],
  'another heading': [/SUCCESSION_INVALID/, signNote(lines(`${HEAD}1`, '1', two, AT), [one, two])],
  'a line more': [/SUCCESSION_INVALID/, signNote(lines(HEAD, '1', two, AT, 'x'), [one, two])],
  'too long': [/SUCCESSION_INVALID/, `${first}${'— a b\n'.repeat(1000)}`],
  altered: [/NOTE_SIGNATURE_INVALID/, first.replace('05:00', '05:01')],
  'no note': [/NOTE_MALFORMED/, HEAD],
}
for (const [name, [code, note]] of Object.entries(bad)) {
  test(`succession: refused: ${name}`, () => {
    assert.throws(() => openSuccession(note), code)
  })
}

test('succession: a line is read whole, in order and from its beginning, or not', () => {
  assert.deepEqual(readLine(''), [])
  const numbers = readLine(`${first}${second}`).map(({ number }) => number)
  assert.deepEqual(numbers, [1, 2])
  const fork = signSuccession(2, one, three, 0)
  for (const text of [second, `${second}${first}`, `${first}${first}`, `${first}${fork}`])
    assert.throws(() => readLine(text), { code: 'SUCCESSION_BROKEN' })
})

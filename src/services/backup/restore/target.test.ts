/** What a person may say after --to, and what PostgreSQL is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTarget } from './target.ts'

const moments: readonly [said: string, text: string][] = [
  ['2026-11-23T05:07:24Z', '2026-11-23 05:07:24.000000+00'],
  ['2026-11-23 05:07:24+00', '2026-11-23 05:07:24.000000+00'],
  ['2026-11-23 06:07:24.5+01:00', '2026-11-23 05:07:24.500000+00'],
  ['2026-11-23 00:37:24.123456 -0430', '2026-11-23 05:07:24.123456+00'],
  ['2026-11-23T05:07z', '2026-11-23 05:07:00.000000+00'],
]

for (const [said, text] of moments) {
  test(`target: ${said} is ${text}`, () => {
    const target = parseTarget(said)
    assert(target.kind === 'time')
    assert.equal(target.text, text)
    const ms = Date.parse(text.replace(' ', 'T').replace('+00', 'Z'))
    assert.equal(Math.floor(target.atMs), ms)
  })
}

test('target: latest, immediate, a position, a transaction, and names', () => {
  assert.deepEqual(parseTarget('latest'), { kind: 'latest' })
  assert.deepEqual(parseTarget('immediate'), { kind: 'immediate' })
  assert.deepEqual(parseTarget('xid:4294967295'), { kind: 'xid', xid: 0xffff_ffff })
  assert.deepEqual(parseTarget('1/A0'), { kind: 'lsn', lsn: 0x1_0000_00a0n })
  assert.deepEqual(parseTarget("o'clock"), { kind: 'name', name: "o'clock" })
})

test('target: what is ambiguous or impossible is refused', () => {
  const refused = [
    'x'.repeat(64),
    '',
    '2026-11-23 05:07:24',
    '2026-11-23',
    '2026-13-01T00:00Z',
    'xid:2',
    'xid:4294967296',
    '18:30',
    'yesterday',
    'now',
    '-2h',
    '10 min',
    'an hour ago',
  ]
  for (const said of refused) {
    assert.throws(() => parseTarget(said), { code: 'RESTORE_TARGET_INVALID' }, said)
  }
})

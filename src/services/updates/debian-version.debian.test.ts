/** Versions are in the order in which dpkg itself puts them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { compareDebian } from './debian-version.ts'

const PAIRS = 150

test('debian version: of random pairs, each is ordered as by dpkg', () => {
  const seed = Number(process.env['VERSION_SEED'] ?? 11)
  const draw = mulberry32(seed)
  const below = (end: number): number => Math.floor(draw() * end)
  const pieces = ['0', '1', '9', '10', '01', 'a', 'z', 'Z', '.', '+', '~', 'rc', 'deb12u', '~~']
  const part = (): string =>
    String(below(3)) + Array.from({ length: below(5) }, () => pieces[below(pieces.length)]).join('')
  const version = (): string => {
    const epoch = below(4) === 0 ? `${below(3)}:` : ''
    return epoch + part() + (below(2) === 0 ? `-${part()}` : '')
  }
  for (let at = 0; at < PAIRS; at++) {
    const [a, b] = [version(), version()]
    const says = (relation: string): boolean =>
      spawnSync('dpkg', ['--compare-versions', a, relation, b]).status === 0
    const wanted = says('lt') ? -1 : says('gt') ? 1 : 0
    assert.equal(compareDebian(a, b), wanted, `${a} and ${b}, seed ${seed}`)
  }
})

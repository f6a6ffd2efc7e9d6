/**
 * A hundred clients at once, round after round: nothing overlaps, nobody has more than the rules
 * allow, nothing locks up. ATTACK_ROUNDS sets how many rounds; the figures are printed.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { attack, SEED } from './attack.ts'
import { startReservations } from './kit.ts'

const CLIENTS = 100
const ROUNDS = Number(process.env['ATTACK_ROUNDS'] ?? 20)

const service = await startReservations(CLIENTS)
after(() => service[Symbol.asyncDispose]())

test('attack: 100 clients, mixed acts: no overlap, nobody over quota, no deadlock', async (context) => {
  const { times, done, refused, found } = await attack(service, CLIENTS, ROUNDS)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): number => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0)
  const figures = { seed: SEED, ROUNDS, done, refused, ...found, p50: at(0.5), p99: at(0.99) }
  context.diagnostic(JSON.stringify(figures))
  assert(done > ROUNDS, 'something was done')
  assert.deepEqual(found, { overlaps: 0, over: 0, deadlocks: 0 })
})

/** A secret is renewed without a moment in which nobody knows the right one. */
import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { nextOf, renewSecret, secretIn, secretsIn, withSecret } from './secret-file.ts'

const folder = await temporaryFolder('secret')
after(() => rm(folder, { recursive: true, force: true }))

class Wrong extends Error {}
const isWrong = (error: unknown): boolean => error instanceof Wrong

test('secret file: whoever asks while it is renewed knows both, and then the new one', async () => {
  const file = join(folder, 'renewed')
  await writeFile(file, 'old')
  let during: readonly string[] = []
  await renewSecret(file, 'new', async () => {
    during = await secretsIn(file)
  })
  assert.deepEqual(during, ['old', 'new'])
  assert.deepEqual(await secretsIn(file), ['new'])
})

test('secret file: a renewal that is cut short leaves a file that works', async () => {
  const file = join(folder, 'cut')
  await writeFile(file, 'old')
  let valid = 'old'
  const enter = (secret: string): Promise<string> =>
    secret === valid ? Promise.resolve(secret) : Promise.reject(new Wrong())
  // Killed before the other end learned of it, and after.
  await assert.rejects(renewSecret(file, 'new', () => Promise.reject(new Error('killed'))))
  assert.equal(await withSecret(file, enter, isWrong), 'old')
  valid = 'new'
  assert.equal(await withSecret(file, enter, isWrong), 'new')
  await renewSecret(file, 'third', (fresh) => {
    valid = fresh
    return Promise.resolve()
  })
  assert.equal(await withSecret(file, enter, isWrong), 'third')
})

test('secret file: what is refused for another reason is not tried again', async () => {
  const file = join(folder, 'other')
  await writeFile(file, 'one\n')
  await writeFile(nextOf(file), 'two')
  let tries = 0
  const away = (): Promise<never> => {
    tries++
    return Promise.reject(new Error('nobody there'))
  }
  await assert.rejects(withSecret(file, away, isWrong), /nobody there/)
  assert.equal(tries, 1)
  assert.equal(await secretIn(file), 'one')
})

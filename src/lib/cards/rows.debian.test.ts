/** What runs is what `rows.wat` says, by Debian's `wabt`. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { program } from './rows.ts'

test('cards: the program that finds rows is its source, compiled', () => {
  const source = fileURLToPath(new URL('rows.wat', import.meta.url))
  const compiled = execFileSync('wat2wasm', [source, '--output=-'])
  assert.equal(program, compiled.toString('base64'))
})

/** Texts remembered: bounded, each worked out once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remembered } from './remembered.ts'

test('remembered: each text is worked out once, until it is the oldest of too many', () => {
  const worked: string[] = []
  const lengthOf = remembered<number | undefined>(
    (text) => {
      worked.push(text)
      return text === '' ? undefined : text.length
    },
    { entriesMax: 2, textMax: 3 },
  )
  assert.deepEqual(['', '', 'a', 'a', 'bb', 'a', ''].map(lengthOf), [
    undefined,
    undefined,
    1,
    1,
    2,
    1,
    undefined,
  ])
  assert.deepEqual(worked, ['', 'a', 'bb', ''], 'nothing is worked out again before its time')
  assert.deepEqual(['long', 'long'].map(lengthOf), [4, 4])
  assert.deepEqual(worked.slice(4), ['long', 'long'], 'a long text is not kept')
})

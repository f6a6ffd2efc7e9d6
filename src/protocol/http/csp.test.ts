/** Whether a value holds a policy is answered alike by the whole reading and by the quick look. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { isPolicy, parseCsp } from './csp.ts'

const pieces =
  "default-src|script-src|'self'|https://a.example|;|,| |;;|'nonce-abc'|=|x|\t|upgrade|-|é"

test('csp: the quick look sees a policy exactly where the whole reading finds one', () => {
  const random = mulberry32(7)
  const words = pieces.split('|')
  let policies = 0
  for (let turn = 0; turn < 5_000; turn++) {
    const value = Array.from({ length: Math.floor(random() * 6) }, () => {
      return words[Math.floor(random() * words.length)]
    }).join('')
    const holds = parseCsp(value).length > 0
    assert.equal(isPolicy(value), holds, JSON.stringify(value))
    policies += Number(holds)
  }
  assert(policies > 500 && policies < 4_500, `${policies} policies`)
})

/** Which addresses notices may go to, and what a link allows. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { linkToken, mailPlace, readLink, webhookPlace } from './subscription.ts'

const key = randomBytes(32)

test('subscriptions: a link is good for its use and its owner only', () => {
  const id = '5f0e3a30-1111-4111-8111-111111111111'
  const token = linkToken(key, 'confirm', id)
  assert.equal(readLink(key, 'confirm', token), id)
  assert.equal(readLink(key, 'leave', token), undefined)
  assert.equal(readLink(randomBytes(32), 'confirm', token), undefined)
  assert.equal(readLink(key, 'confirm', token.replace('5f', '6f')), undefined)
  assert.equal(readLink(key, 'confirm', `${token}x`), undefined)
})

test('subscriptions: only addresses that can be a person’s or a public program’s are taken', () => {
  assert.equal(mailPlace('An.De@Club.BE'), 'an.de@club.be')
  const noMail = [
    '',
    'an',
    'an@be',
    'an@club.be, x@y.be',
    'an <an@club.be>',
    `a@${'x'.repeat(300)}.be`,
  ]
  for (const text of noMail)
    assert.throws(() => mailPlace(text), { code: 'SUBSCRIPTION_INVALID' }, text)
  assert.equal(webhookPlace('https://club.be/hook', false), 'https://club.be/hook')
  for (const text of [
    'http://club.be/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'https://club.be:8443/',
    'https://localhost/',
    'https://an:secret@club.be/',
    'ftp://club.be',
    'x',
  ])
    assert.throws(() => webhookPlace(text, false), { code: 'SUBSCRIPTION_INVALID' }, text)
})

/** The table of sentences: whole in each language, and said as it should be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedLanguage, sayIn } from './say.ts'
import { sentences } from './table.ts'

test('words: each sentence asks for the same values in every language', () => {
  for (const [key, row] of Object.entries(sentences)) {
    const [first, ...others] = row.map((sentence): string[] =>
      [...new Set([...sentence.matchAll(/\{(\w+)/g)].map(([, name = '']) => name))].toSorted(),
    )
    for (const other of others) assert.deepEqual(other, first, key)
  }
})

test('words: plurals follow the language', () => {
  assert.equal(sayIn('en')('day.freeCourts', { n: 1 }), '1 court free')
  assert.equal(sayIn('en')('day.freeCourts', { n: 2 }), '2 courts free')
  assert.equal(sayIn('fr')('day.freeCourts', { n: 0 }), '0 terrain libre')
})

test('words: values are put in once and never read as a sentence', () => {
  assert.equal(sayIn('en')('mine.with', { names: '{n|a|b} {x}' }), 'with {n|a|b} {x}')
})

test('words: the browser’s wish is the first language we speak', () => {
  assert.equal(acceptedLanguage('de-DE,fr;q=0.5,en;q=0.8'), 'en')
  assert.equal(acceptedLanguage('de'), undefined)
  assert.equal(acceptedLanguage(undefined), undefined)
})

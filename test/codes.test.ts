/**
 * Every error code and every audit event stands in its table, once, and no table keeps a dead row.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const sources = globSync('src/**/*.{ts,tsx}').filter((path) => !/\.test\.tsx?$/.test(path))
const text = sources.map((path) => readFileSync(path, 'utf8')).join('\n')

for (const [file, thrown] of [
  ['docs/errors.md', codesIn(/new (?:\w*Error)\(\s*'([A-Z][A-Z0-9_]+)'/g)],
  ['docs/events.md', codesIn(/\[\s*\{ code: '([A-Z][A-Z0-9_]+)', detail/g)],
] as const) {
  const rows = [...readFileSync(file, 'utf8').matchAll(/^\| `?([A-Z][A-Z0-9_]+)`? \|/gm)]
  const listed = rows.map(([, code = '']) => code)

  test(`codes: ${file} explains every code that the source uses`, () => {
    const unexplained = [...thrown].filter((code) => !listed.includes(code))
    assert.deepEqual(unexplained, [])
  })

  test(`codes: ${file} has one row for each code, and none that is used nowhere`, () => {
    assert.deepEqual(
      listed.filter((code, index) => listed.indexOf(code) !== index),
      [],
    )
    assert.deepEqual(
      listed.filter((code) => !text.includes(`'${code}'`)),
      [],
    )
  })
}

function codesIn(pattern: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map(([, code = '']) => code))
}

/** Shapes of scripts, noise in reports, and what is proposed from it all. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { merge, newKnowledge, pageOf, see } from './knowledge.ts'
import { noiseOf } from './noise.ts'
import { sourceOf } from './observe-page.ts'
import { propose, VIEWS_MIN } from './propose.ts'
import { readReports } from './reports.ts'
import { ScriptShapes } from './script-shape.ts'

const shapes = new ScriptShapes()
const shape = (text: string, type = ''): string | undefined => shapes.shapeOf(text, type)

/** Pairs that are one script, with other data in it. */
const same: readonly (readonly [string, string])[] = [
  ['hello("a")', "hello('b\\'c')"],
  ['let x = [1, 2]', 'let x = [{ "a": [null, true] }, -3]'],
  ['f({ a: 1 })', 'f({ "b c": [], d: { e: `t` } })'],
  ['/* one */ a()', 'a() // other'],
  ['var a = /x/.test(b), c = 1', 'var a = /x/.test(b), c = "2"'],
]

/** Pairs that are two scripts, however alike they look. */
const different: readonly (readonly [string, string])[] = [
  ['hello("a")', 'hello("");steal("a")'],
  ['hello("a")', 'hello(steal)'],
  ['hello("a")', 'goodbye("a")'],
  ['x = "a" + b', 'x = "a" - b'],
  ['f({ a: 1 })', 'f({ a() { steal() } })'],
  ['f({ a: 1 })', 'f({ get a() { return steal() } })'],
  ['f({ a: 1 })', 'f({ [steal()]: 1 })'],
  ['f(`a`)', 'f(`${steal()}`)'],
  ['x.replace(/"/g, ""); n = "a"', 'x.replace(/"/g, ""); n = ""; steal()//"'],
  ['/a/.test(b)', '/c/.test(b)'],
  ['f("a")', '"use strict"; f("a")'],
]

test('shape: data may change, code may not', () => {
  for (const [one, other] of same) assert.equal(shape(one), shape(other), `${one} | ${other}`)
  for (const [one, other] of different) {
    assert(shape(one) !== undefined && shape(other) !== undefined)
    assert.notEqual(shape(one), shape(other), `${one} | ${other}`)
  }
})

test('shape: what does not parse has none; import maps count to the byte', () => {
  for (const text of ['hello(', '</p>', '}', `${'['.repeat(100_000)}`]) {
    assert.equal(shape(text), undefined)
  }
  assert.notEqual(shape('import "a"', 'module'), undefined)
  assert.equal(shape('import "a"'), undefined)
  assert.notEqual(shape('{"imports":{}}', 'importmap'), shape('{"imports":{"a":"b"}}', 'importmap'))
})

test('noise: at least 99 of 100 reports of extensions go, no report of the site does', () => {
  const text = readFileSync(new URL('testdata/reports.txt', import.meta.url), 'utf8')
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const wrong: string[] = []
  let noisy = 0
  for (const line of lines) {
    const [label, directive = '', blocked = '', sourceFile = '', sample = ''] = line.split(' | ')
    const where = { document: 'https://club.example/a', disposition: 'report' } as const
    const noise = noiseOf({ ...where, directive, blocked, sourceFile, sample }, 'club.example')
    if (label === 'noise') noisy++
    if ((noise !== undefined) !== (label === 'noise')) wrong.push(line)
  }
  const kept = wrong.filter((line) => line.startsWith('noise'))
  const lost = wrong.filter((line) => line.startsWith('site'))
  assert.deepEqual(lost, [])
  assert(noisy >= 100 && kept.length <= noisy / 100, kept.join('\n'))
})

test('reports: both forms are read, nonsense is nothing, lists are cut', () => {
  const old = { 'csp-report': { 'document-uri': 'https://a/', 'violated-directive': 'img-src x' } }
  assert.equal(readReports(JSON.stringify(old))[0]?.directive, 'img-src')
  for (const body of ['', '[', '1', '[1]', '[{}]', '{"csp-report":{}}', '[{"type":"crash"}]']) {
    assert.deepEqual(readReports(body), [])
  }
  assert.equal(readReports(JSON.stringify(Array(500).fill(old))).length, 100)
})

test('sources: by origin and in their secure form; the site itself is none', () => {
  const origin = 'https://club.example:8443'
  assert.equal(sourceOf('https://club.example:8443/a?b', origin), undefined)
  assert.equal(sourceOf('http://a.example/x', origin), 'https://a.example')
  assert.equal(sourceOf('ws://a.example:1/x', origin), 'wss://a.example:1')
  assert.equal(sourceOf('data', origin), 'data:')
  assert.equal(sourceOf('eval', origin), "'unsafe-eval'")
  assert.equal(sourceOf("https://a.example; script-src 'unsafe-inline'", origin), undefined)
  assert.equal(sourceOf('javascript:x', origin), undefined)
})

test('pages: neither queries nor numbers nor names of things are kept', () => {
  assert.equal(pageOf('/zuiderpark/bookings/4711?token=x#y'), '/zuiderpark/bookings/*')
  assert.equal(pageOf('/users/lotte@club.example/'), '/users/*/')
})

test('proposal: one network alone adds nothing when there are several', () => {
  const knowledge = { ...newKnowledge(0), views: VIEWS_MIN, networks: ['a', 'b'] }
  const at = { nowMs: 1, page: '/' }
  see(knowledge.sources, 'connect-src https://evil.example', { ...at, network: 'a' })
  see(knowledge.sources, 'connect-src https://api.example', { ...at, network: 'a' })
  see(knowledge.sources, 'connect-src https://api.example', { ...at, network: 'b' })
  see(knowledge.sources, 'img-src https://pictures.example', at)
  const { directives, leftOut, isReady } = propose(knowledge)
  assert.deepEqual(directives['connect-src'], ["'self'", 'https://api.example'])
  assert.deepEqual(directives['img-src'], ["'self'", 'data:', 'https://pictures.example'])
  assert.equal(leftOut.length, 1)
  assert(isReady)
  const both = merge([knowledge, knowledge])
  assert.equal(both?.views, 2 * VIEWS_MIN)
  assert.deepEqual(propose(both ?? knowledge).directives, directives)
})

test('proposal: memory stays bounded, whatever is reported', () => {
  const knowledge = newKnowledge(0)
  for (let at = 0; at < 5_000; at++) {
    see(knowledge.sources, `img-src https://a${at}.example`, { nowMs: 0, page: '/', network: 'n' })
    see(knowledge.scripts, `__proto__${at}`, { nowMs: 0, page: '/', sample: 'x'.repeat(9_000) })
  }
  assert(JSON.stringify(knowledge).length < 150_000)
})

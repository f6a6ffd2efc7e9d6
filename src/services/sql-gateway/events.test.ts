/** The JSON a session's records are put together from is the JSON the trail would make of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeEvent } from '#audit/record.ts'
import { mulberry32 } from '#kit/random.ts'
import type { Run } from '#protocol/postgres/statement-run.ts'
import { Scribe } from './events.ts'
import { describeText, type SqlText } from './sql-text.ts'

const TEXTS = ['', 'a', '"', '\\', '\n\u0001', 'é€', '𝄞', 'x'.repeat(300), "it's /*", '\u2028']

test('events: the JSON of a record is the canonical JSON of its detail', () => {
  const random = mulberry32(7)
  const any = (): string => TEXTS[Math.floor(random() * TEXTS.length)] ?? ''
  const number = (): number => Math.floor(random() * 2 ** 40)
  for (let round = 0; round < 300; round++) {
    const peer = { session: any(), user: any(), database: any(), address: any() }
    const scribe = new Scribe(peer, any())
    const kept = Buffer.from(any() + any())
    const text = describeText({ name: '', kept, size: kept.length, sha256: 'a3'.repeat(32) }, 100)
    const run: Run<SqlText> = {
      kind: 'execute',
      sequence: number(),
      text: round % 5 === 0 ? undefined : text,
      statement: Buffer.from(any()).toString('latin1'),
      portal: Buffer.from(any()).toString('latin1'),
      parsedAt: number(),
      parameters: 3,
      startedMs: random() * 1e9,
      outcome: 'done',
      sqlstate: any(),
      tag: any(),
      commands: 1,
      rows: number(),
      rowsSent: number(),
      bytesOut: number(),
      bytesIn: number(),
      columns: round % 3 === 0 ? '' : any(),
      columnRows: number(),
    }
    for (const event of [
      ...scribe.statement(run),
      scribe.done(run, run.startedMs + random() * 99),
    ]) {
      assert.equal(event.json, encodeEvent({ code: event.code, detail: event.detail }))
    }
  }
})

test('events: the call site is the last comment, when it is of the form of sqlcommenter', () => {
  const site = (sql: string): string => {
    const kept = Buffer.from(sql)
    return describeText({ name: '', kept, size: kept.length, sha256: '' }, 1000).callSite
  }
  assert.equal(
    site(`SELECT 1 /*controller='day',route='%2Fcourts'*/;`),
    `controller='day',route='%2Fcourts'`,
  )
  assert.equal(site('SELECT 1 /* why not */'), '')
  assert.equal(site('SELECT 1'), '')
  assert.equal(site(`/*a='1'*/ SELECT 1`), '')
})

/** A calendar that any program reads back to the same instants. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calendarOf } from './ics.ts'

test('ics: instants in UTC, text escaped, lines of at most 75 octets that unfold to the same', () => {
  const entry = {
    uid: 'a@club',
    startMs: Date.parse('2026-10-27T17:00Z'),
    endMs: Date.parse('2026-10-27T18:30Z'),
    summary: 'Padel; 1, \\ 🎾'.padEnd(120, 'é'),
    location: 'Zuiderpark\nGent',
    isCancelled: false,
    stampMs: 0,
  }
  const text = calendarOf('Club', [entry, { ...entry, uid: 'b', isCancelled: true }])
  const lines = text.split('\r\n')
  assert(lines.every((line) => Buffer.byteLength(line) <= 75))
  assert(text.isWellFormed() && text.endsWith('END:VCALENDAR\r\n'))
  const unfolded = text.replaceAll('\r\n ', '')
  assert.match(unfolded, /\r\nDTSTART:20261027T170000Z\r\nDTEND:20261027T183000Z\r\n/)
  assert(unfolded.includes(`SUMMARY:Padel\\; 1\\, \\\\ 🎾é`))
  assert(unfolded.includes('LOCATION:Zuiderpark\\nGent'))
  assert.equal(unfolded.match(/STATUS:CANCELLED/g)?.length, 1)
})

/**
 * Two foreign programs read our calendars: the same instants, in whatever zone a club is, and the
 * same words. Debian's python3-icalendar and python3-vobject.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { calendarOf, type Entry } from '../src/ics.ts'
import { occurrencesOf } from '../src/series.ts'
import { addDays } from '../src/time.ts'

const readers = {
  icalendar: `
import icalendar, json, sys
found = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
print(json.dumps([[str(one['uid']), one['dtstart'].dt.timestamp(), one['dtend'].dt.timestamp(),
  str(one['summary']), str(one['location']), str(one['status'])] for one in found.walk('VEVENT')]))`,
  vobject: `
import vobject, json, sys
found = vobject.readOne(sys.stdin.buffer.read().decode())
print(json.dumps([[one.uid.value, one.dtstart.value.timestamp(), one.dtend.value.timestamp(),
  one.summary.value, one.location.value, one.status.value] for one in found.vevent_list]))`,
} as const

/** A course on Sundays at 18:00 and one at 02:30, which is twice in autumn and not there in spring. */
function entries(): Entry[] {
  const all: Entry[] = []
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    for (const startMinute of [1080, 150]) {
      const weekly = { title: '', courtIds: [], coachId: undefined, weekday: 7, lengthMinutes: 90 }
      for (const firstDate of ['2026-03-22', '2026-10-18', '2031-03-23', '2035-10-21']) {
        const span = { firstDate, lastDate: addDays(firstDate, 14), startMinute }
        for (const { date, startMs, endMs } of occurrencesOf(zone, { ...weekly, ...span }, [])) {
          all.push({
            uid: `${date}-${startMinute}-${zone}@club`,
            startMs,
            endMs,
            summary: `Padel; «1», \\ ${zone} 🎾 ${'é'.repeat(60)}`,
            location: `Zuiderpark, ${zone}\nGent`,
            isCancelled: startMinute === 150,
            stampMs: startMs,
          })
        }
      }
    }
  }
  return all
}

for (const [name, program] of Object.entries(readers)) {
  test(`ics: ${name} reads every instant and every word as they are`, () => {
    const written = entries()
    assert(written.length > 8_000)
    const read = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', program], {
        input: calendarOf('Club; “Zuiderpark”', written),
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      }),
    ) as unknown[][]
    assert.equal(read.length, written.length)
    for (const [at, one] of written.entries()) {
      const { uid, startMs, endMs, summary, location, isCancelled } = one
      const status = isCancelled ? 'CANCELLED' : 'CONFIRMED'
      assert.deepEqual(read[at], [uid, startMs / 1000, endMs / 1000, summary, location, status])
    }
  })
}

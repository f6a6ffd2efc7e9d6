/** Wall clocks and instants, on the days that have 23 and 25 hours, in every zone there is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDays, dateWords, dayRows, instantOf, instantText, isDate, mondayOf } from './time.ts'
import { parseInstant, STEP_MS, wallClock } from './time.ts'

const BRUSSELS = 'Europe/Brussels'

test('time: a day has 46, 48 or 50 half hours, each with a name of its own', () => {
  for (const [date, rows] of [
    ['2026-03-29', 46],
    ['2026-06-01', 48],
    ['2026-10-25', 50],
  ] as const) {
    const labels = dayRows(BRUSSELS, date, 0, 1440).map(({ label }) => label)
    assert.equal(labels.length, rows, date)
    assert.equal(new Set(labels).size, rows, date)
  }
  const autumn = dayRows(BRUSSELS, '2026-10-25', 0, 1440).map(({ label }) => label)
  assert.deepEqual(autumn.slice(4, 8), ['02:00 +02', '02:30 +02', '02:00 +01', '02:30 +01'])
})

test('time: opening hours keep their wall clock across the change', () => {
  for (const date of ['2026-10-24', '2026-10-25', '2026-10-26']) {
    const rows = dayRows(BRUSSELS, date, 480, 1320)
    assert.equal(rows.length, 28, date)
    assert.equal(rows[0]?.label, '08:00')
    assert.deepEqual(wallClock(BRUSSELS, instantOf(BRUSSELS, date, 1080)), { date, minute: 1080 })
  }
})

test('time: the hour that comes twice is the earlier; the one skipped is the hour after', () => {
  assert.equal(instantOf(BRUSSELS, '2026-10-25', 150), Date.parse('2026-10-25T00:30Z'))
  assert.equal(instantOf(BRUSSELS, '2026-03-29', 150), Date.parse('2026-03-29T01:30Z'))
})

test('time: in every zone the rows of a day touch, and fill it', () => {
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    for (const date of ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25']) {
      const rows = dayRows(zone, date, 0, 1440)
      assert.equal(rows[0]?.startMs, instantOf(zone, date, 0), `${zone} ${date}`)
      assert.equal(rows.at(-1)?.endMs, instantOf(zone, addDays(date, 1), 0), `${zone} ${date}`)
      rows.reduce((before, row) => (assert.equal(row.startMs, before.endMs, zone), row))
    }
  }
})

test('time: only real dates and whole steps are read', () => {
  for (const text of ['2026-02-30', '2026-1-1', '1999-01-01', '', '2026-13-01', '9999-01-01']) {
    assert(!isDate(text), text)
  }
  assert(isDate('2028-02-29'))
  const instant = Date.parse('2026-11-25T17:30Z')
  assert.equal(parseInstant(instantText(instant)), instant)
  for (const text of ['2026-11-25T17:31Z', '2026-11-25T25:00Z', 'x', '2026-11-25T17:30']) {
    assert.equal(parseInstant(text), undefined, text)
  }
  assert.equal(STEP_MS, 1_800_000)
})

test('time: dates in words, in three languages', () => {
  assert.equal(mondayOf('2026-11-29'), '2026-11-23')
  assert.equal(dateWords('2026-11-23', 'nl', 'long'), 'maandag 23 november')
  assert.equal(dateWords('2026-11-23', 'fr', 'long'), 'lundi 23 novembre')
  assert.equal(dateWords('2026-11-23', 'en', 'long'), 'Monday 23 November')
})

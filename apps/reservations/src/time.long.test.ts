/** Every zone there is, ten years of Sundays: a series keeps its wall clock, every day can be drawn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { occurrencesOf, WEEKS_MAX } from './series.ts'
import { addDays, dayRows, instantOf, wallClock } from './time.ts'

const FIRST = '2026-01-04' // a Sunday: on Sundays clocks change
const WEEKS = 522
const EVENING = 18 * 60
const NIGHT = 150 // 02:30, which is twice in autumn and not there in spring

test('time: all zones × ten years: 18:00 stays 18:00, a skipped 02:30 is later that night, odd days are whole', () => {
  let odd = 0
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    for (let week = 0; week < WEEKS; week += WEEKS_MAX) {
      const firstDate = addDays(FIRST, week * 7)
      const course = { title: '', courtIds: [], coachId: undefined, weekday: 7, lengthMinutes: 60 }
      const span = { firstDate, lastDate: addDays(firstDate, WEEKS_MAX * 7 - 7) }
      for (const one of occurrencesOf(zone, { ...course, ...span, startMinute: EVENING }, [])) {
        const shown = wallClock(zone, one.startMs)
        assert.deepEqual(shown, { date: one.date, minute: EVENING }, `${zone} ${one.date}`)
        assert.equal(one.endMs - one.startMs, 3_600_000, `${zone} ${one.date}`)
        checkDay(zone, one.date)
      }
    }
  }
  assert(odd > 2_000, `${odd} odd days`)

  function checkDay(zone: string, date: string): void {
    const [startMs, endMs] = [instantOf(zone, date, 0), instantOf(zone, date, 1440)]
    const hours = (endMs - startMs) / 3_600_000
    if (hours === 24) return
    odd += 1
    // Lord Howe moves half an hour, Troll two.
    assert([22, 23, 23.5, 24.5, 25, 26].includes(hours), `${zone} ${date}: ${hours} h`)
    const rows = dayRows(zone, date, 0, 1440)
    assert.equal(rows.at(0)?.startMs, startMs)
    assert.equal(rows.at(-1)?.endMs, endMs)
    assert.equal(new Set(rows.map(({ label }) => label)).size, rows.length, `${zone} ${date}`)
    const { minute } = wallClock(zone, instantOf(zone, date, NIGHT))
    assert(minute >= NIGHT && minute <= NIGHT + 120, `${zone} ${date}: ${minute}`)
  }
})

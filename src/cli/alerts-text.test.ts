/** Alerts on terminals of any width, and in a pipe. */
import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'node:test'
import type { ListedIncident } from '#services/detection/store.ts'
import { alertsText } from './alerts-text.ts'

const at = new Date(Date.UTC(2026, 10, 24, 4, 59, 49))
const id = '63bb964f-498c-458f-918d-6b0796de3956'
const incident: ListedIncident = {
  id,
  detector: 'sqli.structure',
  severity: 'high',
  role: 'app',
  address: '203.0.113.9',
  sentence: 'SQL injection, by the account app from 203.0.113.9 (a comment sign at the end).',
  advice: 'Find the request by its time and call site, and pass that value as a parameter.',
  drill: false,
  first_at: at,
  last_at: at,
  alerts: 3,
  acknowledged_by: null,
  held: ['address 203.0.113.9'],
}

test('alerts text: lines fit the terminal, and commands stay whole', () => {
  for (const width of [46, 50, 80, 120]) {
    const lines = stripVTControlCharacters(alertsText([incident], { width, colours: true }))
      .trimEnd()
      .split('\n')
    const head = width < 48 ? lines.slice(0, 2) : lines.slice(0, 1)
    assert.equal(head.join(''), '2026-11-24 04:59:49  high      sqli.structure ×3')
    for (const line of lines)
      assert(line.length <= width || line.includes('veilig alerts'), `${width}: ${line}`)
    assert(lines.includes(`  veilig alerts ack ${id}`))
    const words = lines.map((line) => line.trim()).join(' ')
    assert(words.includes(incident.sentence) && words.includes(incident.advice))
  }
})

test('alerts text: a pipe gets each sentence in one line, without colours', () => {
  const text = alertsText([incident, { ...incident, acknowledged_by: 'lotte' }], {
    width: undefined,
    colours: false,
  })
  assert.equal(text, stripVTControlCharacters(text))
  assert(text.split('\n').includes(`  ${incident.sentence}`))
  assert(text.includes('  acknowledged by lotte\n'))
  assert.equal(alertsText([], { width: 80, colours: true }), 'No alerts.\n')
})

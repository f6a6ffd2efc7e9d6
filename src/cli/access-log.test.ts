/** A line for each request, whole, and not long after it. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '#kit/eventually.ts'
import { openAccessLog } from './access-log.ts'

test('access log: each request is one line of JSON, and leaves in a moment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-access-log-'))
  try {
    const file = join(folder, 'log')
    const write = openAccessLog({ worker: 2 }, file)
    const entry = { id: 'a-1', host: 'club"\n', method: 'GET', status: 200 }
    const sizes = { bytesIn: 0, bytesOut: 5, durationMs: 1 }
    for (let count = 0; count < 100; count++) write({ ...entry, ...sizes, bytesOut: count })
    const lines = await eventually('the last line', async () => {
      const found = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1)
      return found.length === 100 ? found : undefined
    })
    const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>
    assert.equal(typeof last['time'], 'number')
    assert.deepEqual(
      { ...last, time: 0 },
      { level: 30, time: 0, worker: 2, ...entry, ...sizes, bytesOut: 99, msg: 'request' },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

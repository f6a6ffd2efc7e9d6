/** What the settings page may show: the difference, and no secret. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { settingsOf } from './settings.ts'

const folder = await mkdtemp(join(tmpdir(), 'veilig-settings-'))
after(() => rm(folder, { recursive: true }))

test('settings: a value beside its default, references as they stand, secrets never', async () => {
  const file = join(folder, 'veilig.yaml')
  await writeFile(
    file,
    [
      'status: { operator: Clubkit, intervalSeconds: 10 }',
      'application: { env: { API_KEY: hunter2, OTHER: "${env:OTHER}" } }',
    ].join('\n'),
  )
  const { lines } = await settingsOf(file)
  const of = (path: string): unknown => lines.find((line) => line.path === path)
  assert.deepEqual(of('status.operator'), {
    path: 'status.operator',
    value: 'Clubkit',
    standard: 'Demonstration club service',
  })
  const same = of('status.intervalSeconds') as { value: string; standard: string }
  assert.equal(same.value, same.standard)
  const secret = of('application.env.API_KEY') as { value: string }
  assert.equal(secret.value, '(set, not shown)')
  assert.equal((of('application.env.OTHER') as { value: string }).value, '${env:OTHER}')
  assert(!JSON.stringify(lines).includes('hunter2'))
  await assert.rejects(settingsOf(join(folder, 'none')), { code: 'CONFIG_UNREADABLE' })
})

/** Who has no region far away does not load what reaches one. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const root = new URL('../../', import.meta.url)

test('a restore loads neither HTTP nor SSH: it is waited for', async () => {
  const script = `await import('${new URL('src/cli/commands/restore.ts', root).href}')
    const loaded = process.moduleLoadList.map((name) => name.split(' ').at(-1))
    console.log(loaded.filter((name) => ['http', 'https', '_http_client', 'dns'].includes(name)))`
  const node = fileURLToPath(new URL('bin/node', root))
  const { stdout } = await execute(node, ['--input-type=module', '-e', script])
  assert.equal(stdout.trim(), '[]')
})

/** The ring starts for an ordinary user as it does for root. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing, veilig } from '#kit/ring.ts'

const folder = await temporaryFolder('up')
after(() => rm(folder, { recursive: true, force: true }))

test(
  'up: works for an ordinary user as for root',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    const nobody = { uid: 65_534, gid: 65_534 }
    const home = join(folder, 'nobody')
    await mkdir(home)
    await chown(home, nobody.uid, nobody.gid)
    try {
      execFileSync(veilig, ['help'], { ...nobody, cwd: '/' })
    } catch {
      return t.skip('the checkout lies where other accounts may not read')
    }
    const base = await freePortBase()
    const other = await startRing({ data: join(home, 'data'), portBase: base, account: nobody })
    assert.equal(await other.interrupt(), 0)
  },
)

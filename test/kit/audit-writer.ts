/** A process that writes an audit book and says, after each append, how far it got. @module */
import { writeSync } from 'node:fs'
import { auditModes } from '#audit/config.ts'
import { openTrail } from '#audit/open.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'

const [folder = '', name = 'written'] = process.argv.slice(2)
const mode = auditModes.find((known) => known === name) ?? 'written'
const options = {
  folder,
  process: 'writer',
  node: 'n1',
  mode,
  disk: systemDisk,
  clock: systemClock,
}
const trail = await openTrail({ ...options, limits: { segmentBytesMax: 20_000 } })
for (let index = 0; ; index++) {
  await trail.append([{ code: 'TEST_HAPPENED', detail: { index } }])
  writeSync(1, `${index}\n`)
}

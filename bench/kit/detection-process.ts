/**
 * Detection in a process of its own, over the gateway's book in the folder it is given, as the ring
 * runs it: so that what it costs can be told apart.
 */
import { once } from 'node:events'
import { startDetection } from '#kit/detection.ts'

await using _detection = await startDetection(process.argv[2] ?? '', [])
process.stdout.write('follows\n')
await once(process, 'SIGTERM')

/**
 * The program of a worker of the web-gateway: `web-gateway-worker.ts NUMBER`, with a channel to the
 * first process.
 *
 * @module
 */
import { systemClock } from '#system/clock.ts'
import { runWorker } from '#services/web-gateway/workers/worker.ts'
import { openAccessLog } from '../access-log.ts'
import { runAsWorker } from './worker-program.ts'

await runAsWorker((tools) => {
  const accessLog = openAccessLog({ worker: tools.number })
  return runWorker(process, { clock: systemClock, accessLog, ...tools })
})

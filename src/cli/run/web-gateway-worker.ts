/**
 * The program of a worker of the web-gateway: `web-gateway-worker.ts NUMBER`, with a channel to the
 * first process.
 *
 * @module
 */
import { systemClock } from '#system/clock.ts'
import { runWorker } from '#services/web-gateway/workers/worker.ts'
import { runAsWorker } from './worker-program.ts'

await runAsWorker((tools) => runWorker(process, { clock: systemClock, ...tools }))

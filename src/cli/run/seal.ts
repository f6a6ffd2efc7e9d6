/**
 * Composes the seal: its key, the books, the witnesses' addresses.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { isNewestSealKey } from '#services/seal/seal-key.ts'
import { serveSeal } from '#services/seal/serve.ts'
import type { AskWitness } from '#services/seal/ports.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { SuccessiveKey } from '#system/successive-key.ts'
import type { ServiceContext } from '../context.ts'
import { readersOf, trailRegions } from '../trail-regions.ts'

/** @throws {FaultError} DISK_…. */
export async function runSeal(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail, log } = context
  return serveSeal(context.config.seal, {
    key: await SuccessiveKey.open(paths.secret('seal', 'seal.key'), (heir) =>
      isNewestSealKey(paths.seal, hostname(), heir),
    ),
    disk: systemDisk,
    clock,
    trail,
    audit: paths.audit,
    folder: paths.seal,
    node: hostname(),
    copies: {
      regions: trailRegions(context),
      recipients: () => readersOf(context),
      random: randomBytes,
    },
    ask: askWitness,
    pack: packIn(paths.data),
    complain: (code, message) => log.warn({ code }, message),
  })
}

const askWitness: AskWitness = async (url, question, body, signal) => {
  const place = `${url.replace(/\/$/, '')}/${question}`
  const headers = { 'content-type': 'text/plain' }
  const answer = await fetch(place, { method: 'POST', body, headers, signal })
  return { status: answer.status, body: await answer.text() }
}

/** A process of its own: the memory that packing takes goes with it. */
function packIn(data: string): (signal: AbortSignal) => Promise<void> {
  const program = process.argv[1] ?? ''
  const args = [...process.execArgv, program, 'audit', 'pack', '--data', data]
  return async (signal) => {
    await promisify(execFile)(process.execPath, args, { signal })
  }
}

/**
 * The chain from a probe to the page, each part behind its own socket: notary, log, trust page.
 */
import { request } from 'node:http'
import { join } from 'node:path'
import type { CustomerSet } from '#crypto/customer-leaves.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { notaryConfig } from '#services/notary/config.ts'
import { serveNotary } from '#services/notary/serve.ts'
import { proberConfig } from '#services/prober/config.ts'
import type { Probe } from '#services/prober/probe.ts'
import { serveProber } from '#services/prober/serve.ts'
import { submitTo } from '#services/prober/submit.ts'
import { trustConfig } from '#services/trust/config.ts'
import type { ClaimsJson } from '#services/trust/json.ts'
import { serveTrust } from '#services/trust/serve.ts'
import type { Seen } from '#storage/evidence/reader.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { SuccessiveKey } from '#system/successive-key.ts'

export type Chain = AsyncDisposable & {
  readonly folder: string
  /** Where the evidence key is. */
  readonly keyFile: string
  readonly trail: RecordingTrail
  readonly notary: RunningService
  readonly complaints: string[]
  /** What the prober left of customers, by claim. */
  readonly customers: Map<string, readonly CustomerSet[]>
  submit(statement: Uint8Array): Promise<void>
  get(path: string): Promise<{ status: number; body: string }>
  states(): Promise<ClaimsJson>
}

/** @param base An empty folder of the test's. @param trust The section of veilig.yaml. */
export async function startChain(base: string, name: string, trust: object = {}): Promise<Chain> {
  const stack = new AsyncDisposableStack()
  const folder = join(base, name)
  const trail = new RecordingTrail()
  const common = { place: { disk: systemDisk, folder }, clock: systemClock, trail }
  const socket = join(base, `${name}-n.sock`)
  const keyFile = join(base, `${name}.key`)
  const key = await SuccessiveKey.open(keyFile, () => false)
  const notary = await serveNotary(notaryConfig.parse({}), { ...common, key, socket })
  stack.use(notary)
  let known: Seen | undefined
  const history = { load: async () => new Map(), save: () => Promise.resolve() }
  const seen = {
    load: () => Promise.resolve(known),
    save: (found: Seen) => Promise.resolve(void (known = found)),
  }
  const page = join(base, `${name}-t.sock`)
  const kept = new Map<string, readonly CustomerSet[]>()
  const customers = (): Promise<typeof kept> => Promise.resolve(kept)
  const ports = { ...common, seen, history, customers, socket: page }
  stack.use(await serveTrust(trustConfig.parse(trust), ports))
  const get = (path: string): ReturnType<Chain['get']> => fetchUnix(page, path)
  return {
    folder,
    keyFile,
    trail,
    notary,
    complaints: [],
    customers: kept,
    submit: (statement) => submitTo(socket)(statement, AbortSignal.timeout(5000)),
    get,
    states: async () => JSON.parse((await get('/claims.json')).body) as ClaimsJson,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function fetchUnix(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, headers: { 'accept-language': 'nl' } }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    call.on('error', reject).end()
  })
}

/** A prober of these probes alone; what could not be handed over stands in the chain's complaints. */
export function probing(
  chain: Chain,
  probes: ReadonlyMap<string, Probe>,
  config: object,
): Promise<RunningService> {
  return serveProber(proberConfig.parse(config), {
    probes,
    submit: (bytes) => chain.submit(bytes),
    clock: systemClock,
    trail: chain.trail,
    complain: (code, claim, message) => chain.complaints.push(`${claim}: ${code} ${message}`),
  })
}

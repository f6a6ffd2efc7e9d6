/**
 * status.public: the page answers, is fresh, and shows an outage that we ourselves cause.
 *
 * The outage is of a component that exists for this alone: a door of our own, which we shut and
 * open again. The status service looks at it and shows it by the same way as any other.
 *
 * @module
 */
import { request } from 'node:https'
import type { Finding } from '#lib/claims/statement.ts'
import type { Clock } from '#system/clock.ts'
import { finding, verdictOf, type Probe, type Verdict } from '../probe.ts'
import type { WebTarget } from './tls.ts'

/** The component that we switch off and on. */
export type Rehearsal = {
  on(): Promise<void>
  off(): Promise<void>
}

export type StatusTarget = Pick<WebTarget, 'https' | 'hostName' | 'ca'> & {
  readonly rehearsal: Rehearsal
  readonly clock: Clock
}

/** What the probe reads of the page's data; everything else there may change. */
type Shown = {
  readonly generated?: string
  readonly components?: readonly { readonly checked?: string }[]
  readonly rehearsals?: readonly { readonly state?: string }[]
}

const OLD_MS = 60_000
/** An outage, and its end, must be shown within this. */
const SHOWN_WITHIN_MS = 6000
const POLL_MS = 250
const BODY_MAX = 4 * 1024 * 1024
const ANSWER_MS = 4000

export function statusPublicProbe(target: StatusTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const { rehearsal } = target
      await rehearsal.on()
      try {
        return await measure(target, signal)
      } catch (error) {
        if (!(error instanceof NoPage)) throw error
        return verdictOf([], [finding('STATUS_NO_PAGE', { status: error.status })])
      } finally {
        await rehearsal.on()
      }
    },
  }
}

async function measure(target: StatusTarget, signal: AbortSignal): Promise<Verdict> {
  const { clock, rehearsal } = target
  const fresh = freshness(await shownNow(target, signal), clock.nowMs())
  if (fresh.code !== 'STATUS_FRESH') return verdictOf([], [fresh])
  if ((await waitFor(target, 'up', signal)) === undefined)
    return verdictOf([], [finding('STATUS_RECOVERY_HIDDEN', { seconds: SHOWN_WITHIN_MS / 1000 })])
  await rehearsal.off()
  const tookMs = await waitFor(target, 'down', signal)
  if (tookMs === undefined || !(await pageSaysDown(target, signal)))
    return verdictOf([], [finding('STATUS_OUTAGE_HIDDEN', { seconds: SHOWN_WITHIN_MS / 1000 })])
  const seconds = Math.max(1, Math.ceil(tookMs / 1000))
  return verdictOf([fresh, finding('STATUS_OUTAGE_SHOWN', { seconds })], [])
}

function freshness({ generated, components = [] }: Shown, nowMs: number): Finding {
  const times = [generated, ...components.map(({ checked }) => checked)]
  const ages = times.map((time) => nowMs - Date.parse(time ?? ''))
  const oldest = Math.max(...ages)
  const seconds = Number.isFinite(oldest) ? Math.max(0, Math.ceil(oldest / 1000)) : -1
  const good = components.length > 0 && seconds >= 0 && oldest <= OLD_MS
  const values = { components: components.length, seconds }
  return finding(good ? 'STATUS_FRESH' : 'STATUS_OLD', values)
}

/** Milliseconds until the page's data say so, or undefined when it took too long. */
async function waitFor(
  target: StatusTarget,
  state: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { clock } = target
  const startedMs = clock.monotonicMs()
  for (;;) {
    const { rehearsals = [] } = await shownNow(target, signal)
    const spentMs = clock.monotonicMs() - startedMs
    if (rehearsals[0]?.state === state) return spentMs
    if (spentMs > SHOWN_WITHIN_MS) return undefined
    await clock.sleep(POLL_MS, signal)
  }
}

/** As a visitor would read it. */
async function pageSaysDown(target: StatusTarget, signal: AbortSignal): Promise<boolean> {
  const page = await get(target, '/en', signal)
  return /class="note rehearsal"[^]{0,600}?class="failing">down</.test(page)
}

async function shownNow(target: StatusTarget, signal: AbortSignal): Promise<Shown> {
  try {
    return JSON.parse(await get(target, '/status.json', signal)) as Shown
  } catch (error) {
    if (error instanceof SyntaxError) throw new NoPage('not JSON')
    throw error
  }
}

/** Nobody can see the page: that refutes the claim, whatever the reason. */
class NoPage extends Error {
  readonly status: number | string
  constructor(status: number | string) {
    super(`no status page: ${status}`)
    this.status = status
  }
}

function get(target: StatusTarget, path: string, signal: AbortSignal): Promise<string> {
  const { https, hostName, ca } = target
  const headers = { host: `${hostName}:${https.port}`, 'user-agent': 'veilig-prober' }
  // A page that hangs is no page: that must be found out before the probe itself is cut off.
  const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
  const place = { ...https, path, headers, ca, servername: hostName }
  const options = { ...place, signal: within, agent: false }
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > BODY_MAX) call.destroy()
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString())
        else reject(new NoPage(response.statusCode ?? 0))
      })
    })
    call.on('error', (error: NodeJS.ErrnoException) => {
      const why = within.aborted ? 'no answer' : (error.code ?? 'no answer')
      reject(signal.aborted ? error : new NoPage(why))
    })
    call.end()
  })
}

/**
 * The beats: each component is looked at, over and over, and what turns is told.
 *
 * @module
 */
import { deadline } from '#system/clock.ts'
import type { StatusConfig } from './config.ts'
import type { StatusPorts, Watched } from './ports.ts'
import { UNKNOWN_YET, type Looked } from './monitors/look.ts'
import type { StatusSession, Turn } from './session.ts'
import type { Votes } from './vantage/votes.ts'

const SECOND_MS = 1000
/** A look that says otherwise than before is repeated this soon, to confirm it or not. */
const AGAIN_MS = 2000
/** Beyond its time-out a look cannot take so much longer, unless we ourselves stood still. */
const STALL_MS = 2000

/** @returns Once all beats have ended, after `stop`. */
export async function watchAll(
  config: StatusConfig,
  ports: StatusPorts,
  session: StatusSession,
  votes: Votes,
  stop: AbortSignal,
): Promise<void> {
  await Promise.all(ports.watched.map((one) => beat(one, config, ports, session, votes, stop)))
}

async function beat(
  watched: Watched,
  config: StatusConfig,
  ports: StatusPorts,
  session: StatusSession,
  votes: Votes,
  stop: AbortSignal,
): Promise<void> {
  const { clock } = ports
  const intervalMs = watched.intervalMs ?? config.intervalSeconds * SECOND_MS
  while (!stop.aborted) {
    const startedMs = clock.monotonicMs()
    const own = await lookOnce(watched, config, ports, stop)
    if (stop.aborted) return
    // What we switch off ourselves nobody else sees.
    const looked = watched.rehearsal ? own : votes.judge(watched.id, own, clock.nowMs())
    const history = watched.rehearsal !== true
    const turn = session.take(watched.id, clock.nowMs(), looked, history, votes.alone)
    if (history && !votes.alone)
      for (const span of votes.settle(watched.id, clock.nowMs())) session.spend(watched.id, span)
    if (history) await tell(watched, turn, looked, ports)
    const soon = turn.after.pending !== undefined || own?.up !== looked?.up
    const restMs = soon ? Math.min(AGAIN_MS, intervalMs) : intervalMs
    const spentMs = clock.monotonicMs() - startedMs
    await clock.sleep(Math.max(AGAIN_MS / 4, restMs - spentMs), stop).catch((error: unknown) => {
      if (!stop.aborted) throw error
    })
  }
}

/** Undefined when we could not look: our own reference was out of reach, or we stood still. */
export async function lookOnce(
  watched: Watched,
  { timeoutSeconds }: Pick<StatusConfig, 'timeoutSeconds'>,
  { clock, reference }: Pick<StatusPorts, 'clock' | 'reference'>,
  stop: AbortSignal,
): Promise<Looked | undefined> {
  const timeoutMs = timeoutSeconds * SECOND_MS
  const startedMs = clock.monotonicMs()
  const looked = await watched.look(stop)
  if (clock.monotonicMs() - startedMs > timeoutMs + STALL_MS) return undefined
  if (looked.up) return looked
  if (looked.reason === UNKNOWN_YET) return undefined
  using limit = deadline(clock, timeoutMs, stop)
  try {
    await reference(limit.signal)
    return looked
  } catch {
    return undefined
  }
}

/** A state that turned stands in the audit trail, before any page shows it. */
async function tell(
  { id }: Watched,
  { before, after }: Turn,
  looked: Looked | undefined,
  { trail }: StatusPorts,
): Promise<void> {
  if (before.state === after.state) return
  const detail = {
    component: id,
    was: before.state,
    state: after.state,
    reason: looked?.reason ?? null,
    since: new Date(after.sinceMs).toISOString(),
  }
  await trail.append([{ code: 'STATUS_TURNED', detail }])
}

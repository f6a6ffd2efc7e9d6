/**
 * What the probes of the status page and of breaches are pointed at.
 *
 * @module
 */
import { createServer } from 'node:http'
import type { BreachStep, Duty, Role } from '#lib/breach/duties.ts'
import { readEvents } from '#audit/read.ts'
import type { BreachTarget } from '#services/prober/probes/breach-notice.ts'
import type { Rehearsal } from '#services/prober/probes/status-public.ts'
import { askStatus } from '#services/status/control/client.ts'
import type { Clock } from '#system/clock.ts'
import { listenOnUnix } from '#system/unix-server.ts'

const BOOK = 'status'

/** A door that the status service looks at and nobody uses: shut, it is an outage. */
export function rehearsalIn(socket: string): Rehearsal & AsyncDisposable {
  let open: AsyncDisposable | undefined
  const off = async (): Promise<void> => {
    const closing = open
    open = undefined
    await closing?.[Symbol.asyncDispose]()
  }
  return {
    on: async () => {
      open ??= await listenOnUnix(createServer(), socket)
    },
    off,
    [Symbol.asyncDispose]: off,
  }
}

/** @param control The status service's socket for commands. @param folder Of all audit books. */
export function breachTarget(control: string, folder: string, clock: Clock): BreachTarget {
  const steps = new Map<string, BreachStep[]>()
  let next = 0
  return {
    clock,
    register: async (signal) => {
      const answer = await askStatus(control, { ask: 'breaches' }, signal)
      const { breaches } = answer as { breaches: { id: string; duties: readonly Duty[] }[] }
      return new Map(breaches.map(({ id, duties }) => [id, duties]))
    },
    trail: async () => {
      for await (const { sequence, timeMs, code, detail } of readEvents({
        folder,
        process: BOOK,
        from: next,
      })) {
        next = sequence + 1
        if (!code.startsWith('BREACH_')) continue
        const id = String(detail['breach'])
        const step = stepOf(code, detail, timeMs)
        if (step) steps.set(id, [...(steps.get(id) ?? []), step])
      }
      return steps
    },
  }
}

function stepOf(
  code: string,
  detail: Readonly<Record<string, unknown>>,
  atMs: number,
): BreachStep | undefined {
  if (code === 'BREACH_NOTIFIED')
    return { kind: 'notified', recipient: String(detail['recipient']), atMs }
  if (code === 'BREACH_CLOSED') return { kind: 'closed', atMs }
  if (code !== 'BREACH_RECORDED' && code !== 'BREACH_CORRECTED') return undefined
  return {
    kind: code === 'BREACH_RECORDED' ? 'recorded' : 'corrected',
    role: detail['role'] as Role,
    awareMs: Date.parse(String(detail['aware'])),
    tenants: String(detail['tenants']).split(' ').filter(Boolean),
    customerHours: Number(detail['customerHours']),
  }
}

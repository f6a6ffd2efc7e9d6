/**
 * staff.isolation: declared internal systems must not answer.
 *
 * @module
 */
import { connect } from 'node:net'
import { COSTLY_SECONDS, finding, verdictOf, type Probe } from '../probe.ts'

const PATIENCE_MS = 2000

/** @param hosts As HOST:PORT. */
export function isolationProbe(hosts: readonly string[]): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      if (hosts.length === 0)
        return { outcome: 'unmeasured', findings: [finding('ISOLATION_NONE_DECLARED')] }
      const answered = await Promise.all(hosts.map((host) => answers(host, signal)))
      const bad = hosts.flatMap((host, at) =>
        answered[at] ? [finding('ISOLATION_HOST_ANSWERED', { host })] : [],
      )
      return verdictOf([finding('ISOLATION_HOSTS_SILENT', { hosts: hosts.length })], bad)
    },
  }
}

/** Whether TCP is accepted: who may not reach a system gets no handshake either. */
function answers(place: string, signal: AbortSignal): Promise<boolean> {
  const at = place.lastIndexOf(':')
  return new Promise((resolve) => {
    const socket = connect({ host: place.slice(0, at), port: Number(place.slice(at + 1)) })
    const end = (reached: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(reached)
    }
    const timer = setTimeout(() => end(false), PATIENCE_MS)
    signal.addEventListener('abort', () => end(false), { once: true })
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

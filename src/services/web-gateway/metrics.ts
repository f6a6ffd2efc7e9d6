/**
 * Counters of one gateway process, as probes read them.
 *
 * @module
 */

/** All grow, except `connections`, `exchanges` and `tunnels`, which say how many there are now. */
export type Metrics = {
  connections: number
  connectionsAccepted: number
  connectionsRefused: number
  handshakes: number
  handshakesFailed: number
  handshakesResumed: number
  requests: number
  exchanges: number
  tunnels: number
  redirects: number
  clientAborts: number
  upstreamConnects: number
  upstreamFailures: number
  upstreamRetries: number
  upstreamTimeouts: number
  cookiesDropped: number
  bytesIn: number
  bytesOut: number
  readonly refused: Record<string, number>
  /** By hundreds: '2xx'. */
  readonly statuses: Record<string, number>
}

export function newMetrics(): Metrics {
  return {
    connections: 0,
    connectionsAccepted: 0,
    connectionsRefused: 0,
    handshakes: 0,
    handshakesFailed: 0,
    handshakesResumed: 0,
    requests: 0,
    exchanges: 0,
    tunnels: 0,
    redirects: 0,
    clientAborts: 0,
    upstreamConnects: 0,
    upstreamFailures: 0,
    upstreamRetries: 0,
    upstreamTimeouts: 0,
    cookiesDropped: 0,
    bytesIn: 0,
    bytesOut: 0,
    refused: {},
    statuses: {},
  }
}

const classes = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx']

/** Adds one to the counter of a status' hundred. */
export function countStatus(metrics: Metrics, status: number): void {
  const key = classes[Math.floor(status / 100)] ?? 'other'
  metrics.statuses[key] = (metrics.statuses[key] ?? 0) + 1
}

/** The counters of several processes as those of one. */
export function sumOf(all: readonly Metrics[]): Metrics {
  const sum = newMetrics()
  for (const each of all) addUp(sum as unknown as Counters, each as unknown as Counters)
  return sum
}

type Counters = { [name: string]: number | Counters }

function addUp(sum: Counters, more: Counters): void {
  for (const [name, value] of Object.entries(more)) {
    if (typeof value === 'number') sum[name] = Number(sum[name] ?? 0) + value
    else addUp(sum[name] as Counters, value)
  }
}

/**
 * Runs the watch of public logs beside the gateway: at the start, then every few hours.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import type { CallHttp, FetchFile } from '#system/http-call.ts'
import type { Gateway } from '../gateway.ts'
import type { WebGatewayPorts } from '../ports.ts'
import { readTileLog, type TileLog } from './tile-log.ts'
import { issuanceMemory, IssuanceWatch, type IssuanceMemory } from './watch.ts'

export type IssuancePorts = {
  readonly call: CallHttp
  /** Gets the files of logs. */
  readonly fetch: FetchFile
  readonly disk: Pick<Disk, 'size' | 'read' | 'replace'>
  /** Where it is remembered what was shown and what was told. */
  readonly file: string
}

export type IssuanceConfig = {
  /** Asked for each name, which stands in it as `{name}`. */
  readonly source?: string | undefined
  /** Read themselves. */
  readonly logs: readonly TileLog[]
  readonly names: readonly string[]
  readonly hours: number
}

const HOUR_MS = 60 * 60 * 1000
/** After a look that failed, or that left something to read. */
const AGAIN_MS = 10 * 60 * 1000
const OK = 200

/** Begins to look; disposing of it stops after the look under way. */
export function watchIssuance(
  { certificates, security, wallClockMs }: Gateway,
  { source, logs, names, hours }: IssuanceConfig,
  { call, fetch, disk, file }: IssuancePorts,
  { log }: Pick<WebGatewayPorts, 'log'>,
): Disposable {
  const ask = async (template: string, name: string, after?: string): Promise<string> => {
    const url = addressOf(template, name, after)
    const { status, text } = await call({ method: 'GET', url })
    return status === OK ? text : `the source answered ${status}`
  }
  const lowered = names.map((name) => name.toLowerCase())
  const watch = new IssuanceWatch(names, {
    ask: source === undefined ? undefined : (name, after) => ask(source, name, after),
    logs: new Map(
      logs.map((log) => [log.url, (since) => readTileLog(log, since, lowered, fetch)] as const),
    ),
    load: () => load(disk, file),
    store: (memory) => disk.replace(file, Buffer.from(`${JSON.stringify(memory)}\n`)),
    wallClockMs,
    onStranger: ({ serial, issuer, names: theirs, fromMs, untilMs }) => {
      security.record('CERTIFICATE_STRANGE', serial, {
        names: theirs.join(' '),
        issuer,
        serial,
        from: new Date(fromMs).toISOString(),
        until: new Date(untilMs).toISOString(),
      })
    },
  })
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  const look = async (): Promise<void> => {
    let nextMs = hours * HOUR_MS
    try {
      if (!(await watch.look(certificates.shownPem))) nextMs = Math.min(nextMs, AGAIN_MS)
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      nextMs = AGAIN_MS
      log.error({ code: error.code }, error.message)
      security.record('CERTIFICATE_WATCH_BLIND', error.code, { reason: error.code })
    }
    if (!isOver) timer = setTimeout(() => void look(), nextMs)
  }
  void look()
  return {
    [Symbol.dispose]: () => {
      isOver = true
      clearTimeout(timer)
    },
  }
}

/** Cert Spotter goes on after the last one when it is named; crt.sh is never asked to. */
function addressOf(source: string, name: string, after: string | undefined): string {
  const url = source.replaceAll('{name}', encodeURIComponent(name))
  if (after === undefined) return url
  return `${url}${url.includes('?') ? '&' : '?'}after=${encodeURIComponent(after)}`
}

async function load(
  disk: IssuancePorts['disk'],
  file: string,
): Promise<IssuanceMemory | undefined> {
  if ((await disk.size(file)) === undefined) return undefined
  try {
    return issuanceMemory.parse(JSON.parse(Buffer.from(await disk.read(file)).toString('utf8')))
  } catch {
    return undefined // damaged: what was told is told again, which harms nobody
  }
}

/**
 * Runs the watch of public logs beside the gateway: at the start, then every few hours.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import type { CallHttp } from '#system/http-call.ts'
import type { Gateway } from '../gateway.ts'
import type { WebGatewayPorts } from '../ports.ts'
import { issuanceMemory, IssuanceWatch, type IssuanceMemory } from './watch.ts'

export type IssuancePorts = {
  readonly call: CallHttp
  readonly disk: Pick<Disk, 'size' | 'read' | 'replace'>
  /** Where it is remembered what was shown and what was told. */
  readonly file: string
}

export type IssuanceConfig = {
  /** Asked for each name, which stands in it as `{name}`. */
  readonly source: string
  readonly names: readonly string[]
  readonly hours: number
}

const HOUR_MS = 60 * 60 * 1000
/** After a look that failed. */
const AGAIN_MS = 10 * 60 * 1000
const OK = 200

/** Begins to look; disposing of it stops after the look under way. */
export function watchIssuance(
  { certificates, security, wallClockMs }: Gateway,
  { source, names, hours }: IssuanceConfig,
  { call, disk, file }: IssuancePorts,
  { log }: Pick<WebGatewayPorts, 'log'>,
): Disposable {
  const watch = new IssuanceWatch(names, {
    ask: async (name, after) => {
      const url = addressOf(source, name, after)
      const { status, text } = await call({ method: 'GET', url })
      return status === OK ? text : `the source answered ${status}`
    },
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
      await watch.look(certificates.shownPem)
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

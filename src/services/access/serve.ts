/**
 * The access process: grants that end, over a unix socket of our own account.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type pg from 'pg'
import { z } from 'zod'
import { FaultError, UsageError, VeiligError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { StartedGrant } from './client.ts'
import type { AccessConfig } from './config.ts'
import { checkWish, grantName, GRANT_PREFIX, type GrantRole } from './policy.ts'
import type { AccessPorts } from './ports.ts'
import { createGrant, endGrant, liveGrants } from './roles.ts'
import { rotateApplication } from './rotation.ts'

const SWEEP_MS = 5_000
const BODY_MAX_BYTES = 4096
const NAME_SIZE = 4
const PASSWORD_SIZE = 24
const SALT_SIZE = 16
const GRANTS_MAX = 100

type Start = { role: GrantRole; seconds: number; account: string; request: string }
const startBody: z.ZodType<Start> = z.strictObject({
  role: z.enum(['read', 'write', 'probe']),
  seconds: z.int(),
  account: z.string().min(1).max(254),
  request: z.string().max(64),
})
type Glass = { role: 'read' | 'write'; seconds: number; account: string; reason: string }
const glassBody: z.ZodType<Glass> = z.strictObject({
  role: z.enum(['read', 'write']),
  seconds: z.int(),
  account: z.string().min(1).max(254),
  reason: z.string().trim().min(1).max(500),
})
type End = { name: string; reason: string }
const endBody: z.ZodType<End> = z.strictObject({
  name: z.string().startsWith(GRANT_PREFIX).max(63),
  reason: z.string().regex(/^[a-z-]{1,32}$/),
})

/** Starts, and ends at once whatever should have ended while nobody was here. */
export async function serve(config: AccessConfig, ports: AccessPorts): Promise<RunningService> {
  await using started = new AsyncDisposableStack()
  const pool = started.adopt(openPool({ ...ports.database, max: 4 }), (held) => held.end())
  const grants = started.use(new Grants(config, ports, pool))
  await grants.sweep()
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing, (path, body) => route(path, body, config, ports, pool, grants))
  })
  started.use(await listenOnUnix(server, ports.socket))
  const all = started.move()
  return { [Symbol.asyncDispose]: () => all.disposeAsync() }
}

class Grants {
  readonly #config: AccessConfig
  readonly #ports: AccessPorts
  readonly #pool: pg.Pool
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #sweeping: NodeJS.Timeout
  readonly #stuck = new Set<string>()

  constructor(config: AccessConfig, ports: AccessPorts, pool: pg.Pool) {
    this.#config = config
    this.#ports = ports
    this.#pool = pool
    this.#sweeping = setInterval(() => void this.sweep().catch(() => undefined), SWEEP_MS)
  }

  async start(wish: Start): Promise<StartedGrant> {
    const { clock, trail, random } = this.#ports
    const rights = checkWish(wish, this.#config.minutesMax)
    if ((await liveGrants(this.#pool)).length >= GRANTS_MAX)
      throw new UsageError('GRANT_REFUSED', `${GRANTS_MAX} grants are open; end some first`)
    const name = grantName(wish.account, random(NAME_SIZE))
    const password = Buffer.from(random(PASSWORD_SIZE)).toString('base64url')
    const untilMs = clock.nowMs() + wish.seconds * 1000
    // On record first: a role that exists is never one that nobody recorded.
    const detail = { name, role: wish.role, request: wish.request, untilMs, seconds: wish.seconds }
    await trail.append([{ code: 'GRANT_STARTED', detail }])
    if (wish.role !== 'probe') await this.#ports.mask?.(rights.database)
    await createGrant(this.#pool, {
      name,
      group: rights.group,
      password,
      untilMs,
      readOnly: rights.readOnly,
      maskedSchema: rights.maskedSchema,
      connectionsMax: this.#config.connectionsMax,
      salt: random(SALT_SIZE),
    })
    this.#endAt(name, untilMs)
    const rowSettings = await this.#rowSettings(wish, rights.database)
    return { name, password, database: rights.database, untilMs, rowSettings }
  }

  /** Help only: a grant goes on without it. */
  async #rowSettings({ role }: Start, database: string): Promise<readonly string[]> {
    if (role === 'probe') return []
    return (await this.#ports.rowSettings?.(database).catch(() => [])) ?? []
  }

  async end(name: string, reason: string): Promise<{ sessionsCut: number }> {
    clearTimeout(this.#timers.get(name))
    this.#timers.delete(name)
    try {
      const sessionsCut = await endGrant(this.#pool, name)
      this.#stuck.delete(name)
      const detail = { name, reason, sessionsCut }
      await this.#ports.trail.append([{ code: 'GRANT_ENDED', detail }])
      return { sessionsCut }
    } catch (cause) {
      const sqlstate = (cause as { code?: string }).code ?? ''
      if (!this.#stuck.has(name)) {
        this.#stuck.add(name)
        const detail = { name, reason, sqlstate }
        await this.#ports.trail.append([{ code: 'GRANT_DROP_FAILED', detail }])
      }
      const message = `${name} could not be dropped (${sqlstate}); it is locked and tried again`
      throw new FaultError('GRANT_DROP_FAILED', message, { cause })
    }
  }

  /** Ends what is past its end, and sets a timer for the rest. */
  async sweep(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs()
    for (const { name, untilMs } of await liveGrants(this.#pool)) {
      if (untilMs <= nowMs)
        await this.end(name, 'time').catch(() => undefined) // recorded there
      else if (!this.#timers.has(name)) this.#endAt(name, untilMs)
    }
  }

  #endAt(name: string, untilMs: number): void {
    const end = (): void => void this.end(name, 'time').catch(() => undefined) // recorded there
    this.#timers.set(name, setTimeout(end, Math.max(0, untilMs - this.#ports.clock.nowMs())))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweeping)
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }
}

async function route(
  path: string,
  body: unknown,
  config: AccessConfig,
  ports: AccessPorts,
  pool: pg.Pool,
  grants: Grants,
): Promise<unknown> {
  switch (path) {
    case '/start':
      return grants.start(startBody.parse(body))
    case '/break-glass': {
      const { reason, ...wish } = glassBody.parse(body)
      const { role, seconds } = wish
      checkWish(wish, config.minutesMax)
      await ports.trail.append([{ code: 'BREAK_GLASS_OPENED', detail: { role, seconds, reason } }])
      return grants.start({ ...wish, request: 'break-glass' })
    }
    case '/end': {
      const { name, reason } = endBody.parse(body)
      return grants.end(name, reason)
    }
    case '/list':
      return liveGrants(pool)
    case '/rotate': {
      if (ports.application) return rotateApplication(pool, config, ports, ports.application)
      const message = 'the application is not run by this ring, so its password is not ours'
      throw new UsageError('ROTATION_NOT_OURS', message)
    }
    default:
      throw new UsageError('ACCESS_PATH_UNKNOWN', `nothing answers at ${path.slice(0, 40)}`)
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (path: string, body: unknown) => Promise<unknown>,
): Promise<void> {
  try {
    const value = await handle(incoming.url ?? '/', JSON.parse(await bodyOf(incoming)))
    outgoing.end(JSON.stringify({ value }))
  } catch (error) {
    const wrong = error instanceof UsageError || error instanceof z.ZodError
    const code = error instanceof VeiligError ? error.code : 'ACCESS_REFUSED'
    const said = error instanceof VeiligError ? error.message.replace(`${code}: `, '') : code
    outgoing.statusCode = wrong ? 400 : 503
    outgoing.end(JSON.stringify({ code, message: said }))
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming) {
    text += String(chunk)
    if (text.length > BODY_MAX_BYTES)
      throw new UsageError('ACCESS_REFUSED', 'the body is too large')
  }
  return text
}

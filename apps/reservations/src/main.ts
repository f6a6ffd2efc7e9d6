/**
 * Starts the reservation service: environment → database → application → a loopback port.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { ConfigError, readConfig, type Config } from './config.ts'
import { followDatabase } from './database-file.ts'
import { openDatabase } from './database.ts'
import { replayErasures } from './erasures.ts'
import { openPostman } from './mail.ts'
import { openHooks } from './hooks.ts'
import { openLive } from './live.ts'
import { poster } from './outside.ts'
import { openPayments } from './payments.ts'
import { startUpkeep } from './upkeep.ts'
import { createApp } from './web/app.tsx'

const STOP_TIMEOUT_MS = 10_000
const IDLE_CUT_MS = 50
const REQUEST_TIMEOUT_MS = 30_000

export type RunningApp = AsyncDisposable & {
  /** Where it listens. */
  readonly port: number
}

/** @param nowMs The clock; tests hold their own. @throws When the port is in use. */
export async function startApp(
  config: Config,
  nowMs: () => number = Date.now,
): Promise<RunningApp> {
  const database =
    config.databaseUrlFile === undefined
      ? openDatabase(config.databaseUrl, config.databaseCa, config.poolMax)
      : followDatabase(config.databaseUrlFile, config.databaseCa, config.poolMax, (code) => {
          console.error(JSON.stringify({ service: 'reservations', code }))
        })
  const report = (line: object): void => {
    console.error(JSON.stringify({ service: 'reservations', ...line }))
  }
  const { publicOrigin, demo, smtpUrl, smtpUrlFile, mailFrom, erasureList, pinSecret } = config
  const smtp =
    smtpUrlFile === undefined ? smtpUrl : (): string => readFileSync(smtpUrlFile, 'utf8').trim()
  const postman = smtp === undefined ? undefined : openPostman(smtp, mailFrom, report)
  const payments = config.payments && openPayments(config.payments)
  const { confirm, write, send } = postman ?? {}
  const webhooks = config.webhooks ?? 'outside'
  const post = poster(webhooks)
  const hooks =
    pinSecret === undefined
      ? undefined
      : openHooks({ database, post, secret: pinSecret, nowMs, report })
  const shop = {
    database,
    hooks,
    webhooks,
    publicOrigin,
    demo,
    nowMs,
    confirm,
    write,
    send,
    payments,
    erasureList,
    pinSecret,
    live: openLive(database, report),
  }
  // Before anybody is served: a restored database may know again who has left.
  if (erasureList !== undefined) {
    const erased = await replayErasures(database, erasureList)
    if (erased > 0) report({ erasures: 'replayed', count: erased })
  }
  const app = createApp(shop, report)
  const upkeep = startUpkeep(shop, report)
  const options = { fetch: app.fetch, hostname: config.host, port: config.port }
  const started = Promise.withResolvers<AddressInfo>()
  const server = serve(options, started.resolve)
  server.once('error', started.reject)
  if ('requestTimeout' in server) server.requestTimeout = REQUEST_TIMEOUT_MS
  const { port } = await started.promise.catch(async (error: unknown) => {
    await shop.live[Symbol.asyncDispose]()
    await upkeep[Symbol.asyncDispose]()
    await hooks?.[Symbol.asyncDispose]()
    await database.end({ timeout: 1 })
    throw error
  })
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      // Again and again: a stream that ends now leaves its connection idle only then.
      const idle = setInterval(() => {
        if ('closeIdleConnections' in server) server.closeIdleConnections()
      }, IDLE_CUT_MS)
      const cut = setTimeout(() => {
        if ('closeAllConnections' in server) server.closeAllConnections()
      }, STOP_TIMEOUT_MS)
      await shop.live[Symbol.asyncDispose]()
      await upkeep[Symbol.asyncDispose]()
      await closed
      await hooks?.[Symbol.asyncDispose]()
      clearTimeout(cut)
      clearInterval(idle)
      await postman?.[Symbol.asyncDispose]()
      await database.end({ timeout: 5 })
    },
  }
}

if (import.meta.main) {
  try {
    const config = readConfig(process.env)
    const running = await startApp(config)
    console.log(`reservations: listening on http://${config.host}:${running.port}`)
    const stop = (): void => void running[Symbol.asyncDispose]().then(() => process.exit(0))
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const inUse = 'code' in error && error.code === 'EADDRINUSE'
    if (!inUse && !(error instanceof ConfigError)) throw error
    console.error(
      `reservations: ${inUse ? 'the port is in use; set PORT to another' : error.message}`,
    )
    process.exitCode = 2
  }
}

/**
 * The status service: measures, remembers, shows.
 *
 * @module
 */
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { bodyLimit } from 'hono/body-limit'
import { noteVerifier } from '#crypto/signed-note.ts'
import { DeniedError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import { BreachRegister } from './breach/register.ts'
import type { StatusConfig } from './config.ts'
import { controlApp } from './control/app.ts'
import { Keeper } from './keeper.ts'
import type { StatusPorts } from './ports.ts'
import { publicApp } from './public-app.ts'
import { StatusSession } from './session.ts'
import { snapshotOf, type Snapshot } from './snapshot.ts'
import { StatusStore } from './store.ts'
import { runCourier } from './subscriptions/courier.ts'
import { SubscriptionDesk } from './subscriptions/desk.ts'
import { SubscriptionStore } from './subscriptions/store.ts'
import { openReport, REPORT_MAX } from './vantage/report.ts'
import { Votes } from './vantage/votes.ts'
import { watchAll } from './watch.ts'

const SECOND_MS = 1000

/** Opens the page's door and begins to measure. The control database may be away meanwhile. */
export async function serveStatus(
  config: StatusConfig,
  ports: StatusPorts,
): Promise<RunningService> {
  const { watched, clock } = ports
  const thresholds = { down: config.confirmDown, up: config.confirmUp, unknown: config.confirmDown }
  const gapMaxMs = (2 * config.intervalSeconds + config.timeoutSeconds) * SECOND_MS
  const session = new StatusSession(thresholds, gapMaxMs)
  const verifiers = config.vantages.map(({ key }) => noteVerifier(key))
  const votes = new Votes(
    verifiers.map(({ name }) => name),
    watched.map(({ id }) => id),
    gapMaxMs,
  )
  const store = new StatusStore(ports.pool)
  const keeper = new Keeper(ports, session, store, config.objective)
  const subscribers = subscribersOf(config, ports)
  const look = async (): Promise<Snapshot> => ({
    ...snapshotOf(watched, session, await keeper.remembered(), clock.nowMs()),
    vantages: votes.now(),
  })
  const app = publicApp(config, look, subscribers?.desk)
  app.all('/beat/:token', (context) => {
    const heard = ports.hearts?.beat(context.req.param('token')) === true
    return context.body(null, heard ? 204 : 404)
  })
  app.post('/vantage', bodyLimit({ maxSize: REPORT_MAX }), async (context) => {
    try {
      votes.take(openReport(await context.req.text(), verifiers), clock.nowMs())
      return context.body(null, 204)
    } catch (error) {
      if (!(error instanceof DeniedError)) throw error
      ports.complain(error.code, error.message)
      return context.json({ code: error.code, message: error.publicMessage }, 403)
    }
  })
  await using opened = new AsyncDisposableStack()
  const stop = new AbortController()
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  await keeper.keep()
  const loops = [watchAll(config, ports, session, votes, stop.signal), keeper.run(stop.signal)]
  if (subscribers) loops.push(subscribers.run(stop.signal))
  opened.defer(async () => {
    stop.abort()
    await Promise.all(loops.map((loop) => loop.catch(fail)))
  })
  for (const loop of loops) loop.catch(fail)
  const server = createAdaptorServer({ fetch: app.fetch })
  opened.use(await listenOnUnix(server as Server, ports.socket)) // HTTP/1.1: no other was asked for
  const register = new BreachRegister(ports.pool, ports.trail)
  const control = controlApp({ config, ports, store, register, keeper })
  const inner = createAdaptorServer({ fetch: control.fetch })
  opened.use(await listenOnUnix(inner as Server, ports.controlSocket))
  const all = opened.move()
  return { failed, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

type Subscribers = {
  readonly desk: SubscriptionDesk
  readonly run: (stop: AbortSignal) => Promise<void>
}

function subscribersOf(
  { operator, subscriptions }: StatusConfig,
  { pool, clock, trail, complain, subscriptions: doors }: StatusPorts,
): Subscribers | undefined {
  if (!doors || !subscriptions.enabled) return undefined
  const store = new SubscriptionStore(pool, subscriptions.most)
  const desk = new SubscriptionDesk({ ...doors, operator, clock, trail }, store)
  const courier = { store, send: desk.send, clock, trail, complain }
  return { desk, run: (stop) => runCourier(courier, stop) }
}

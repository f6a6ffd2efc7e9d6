/**
 * The drill: looks what is due, does one thing at a time, keeps a receipt of each.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { DrillReceipt, Receipt, VerifyReceipt } from '#crypto/receipt.ts'
import { FAILURES_MAX } from '#crypto/receipt.ts'
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import type { DrillConfig } from './config.ts'
import { cleanUp, runDrill, type Ask } from './drill.ts'
import { nextTask, type Schedule } from './policy.ts'
import type { DrillPorts, Synthesis } from './ports.ts'
import { ReceiptBook } from './receipts.ts'
import { answerSynthesis, inTurn, keepSynthesis } from './synthesis.ts'

const HOUR_MS = 3_600_000
const LOOK_MS = 60_000
/** Until the first drill, so that the first hour of an installation has its proof soon. */
const FIRST_LOOK_MS = 5_000
const SHOWN_MAX = 200
/** Events of one verification; a region that was lost whole is told by these. */
const REPAIRS_TOLD_MAX = 1000

export type Drills = {
  readonly receipts: () => readonly Receipt[]
  /** Waits for its turn. @throws The signal's reason. */
  readonly drill: (ask: Ask, signal: AbortSignal) => Promise<DrillReceipt>
  readonly verify: (signal: AbortSignal) => Promise<VerifyReceipt>
  readonly spread: () => Promise<void>
}

/** Drills and verifications, one after the other, each with its receipt and its audit event. */
export async function openDrills(config: DrillConfig, ports: DrillPorts): Promise<Drills> {
  const book = await ReceiptBook.open(ports.receipts, ports.signingKey, await ports.receiptKeys())
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(act, act)
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    receipts: () => book.all,
    spread: () => book.spread(),
    drill: (ask, signal) =>
      inTurn(async () => {
        const receipt = await runDrill(config, ports, ask, signal)
        await book.add(receipt)
        await ports.trail.append([drillEvent(receipt)])
        return receipt
      }),
    verify: (signal) =>
      inTurn(async () => {
        const receipt = await verification(ports, signal)
        await book.add(receipt)
        await ports.trail.append([verifyEvent(receipt)])
        return receipt
      }),
  }
}

async function verification(ports: DrillPorts, signal: AbortSignal): Promise<VerifyReceipt> {
  const startedMs = Math.round(ports.clock.nowMs())
  const { findings, regions, objects, bytes, backups, repaired } = await ports.verify(signal)
  const mended = repaired.slice(0, REPAIRS_TOLD_MAX).map(({ region, object, code }) => ({
    code: 'BACKUP_OBJECT_REPAIRED',
    detail: { region, object, reason: code },
  }))
  if (mended.length > 0) await ports.trail.append(mended)
  const endedMs = Math.max(startedMs, Math.round(ports.clock.nowMs()))
  const failures = findings
    .slice(0, FAILURES_MAX)
    .map(({ region, object, code }) => ({ check: code, message: `${region}: ${object}` }))
  const passed = findings.length === 0
  const found = { passed, failures, startedMs, endedMs, regions, objects, bytes, backups }
  return { kind: 'verify', ...found }
}

/** @param socket Unix socket on which receipts can be read and a drill asked for. */
export async function serveDrill(
  config: DrillConfig,
  ports: DrillPorts,
  socket: string,
): Promise<RunningService> {
  const stop = new AbortController()
  const drills = await openDrills(config, ports)
  const synthesis = inTurn(ports.synthesis)
  const listening = await listenOnUnix(answering(drills, synthesis, stop.signal), socket)
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  const retryMs = config.retryMinutes * 60_000
  const work: Promise<void>[] = [keepSynthesis({ ...ports, synthesis }, retryMs, stop.signal)]
  if (config.enabled) work.push(keepSchedule(config, ports, drills, stop.signal))
  const loops = work.map((one) =>
    one.catch((error: unknown) => {
      if (!stop.signal.aborted) fail(error)
    }),
  )
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await listening[Symbol.asyncDispose]()
      await Promise.all(loops)
      await cleanUp(ports)
    },
  }
}

async function keepSchedule(
  config: DrillConfig,
  ports: DrillPorts,
  drills: Drills,
  signal: AbortSignal,
): Promise<void> {
  const schedule: Schedule = {
    everyMs: config.everyHours * HOUR_MS,
    verifyEveryMs: config.verifyEveryHours * HOUR_MS,
    firstAfterMs: config.firstAfterSeconds * 1000,
    retryMs: config.retryMinutes * 60_000,
  }
  await cleanUp(ports)
  for (;;) {
    signal.throwIfAborted()
    const backups = await knownBackups(ports)
    const task = nextTask(ports.clock.nowMs(), backups, drills.receipts(), schedule)
    if (task?.kind === 'drill') {
      await drills.drill({ backup: task.backup, targetMs: undefined }, signal)
    } else if (task) await drills.verify(signal)
    else {
      await drills.spread()
      await ports.clock.sleep(drills.receipts().length > 0 ? LOOK_MS : FIRST_LOOK_MS, signal)
    }
  }
}

/** No region answers: nothing is due that could be done. The probes show how old the last is. */
async function knownBackups(ports: DrillPorts) {
  try {
    return (await ports.restorable()).backups
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    return []
  }
}

function drillEvent(receipt: DrillReceipt) {
  const { passed, backup, targetMs, random, startedMs, endedMs, failures } = receipt
  const detail = {
    backup,
    target: new Date(targetMs).toISOString(),
    random,
    tookMs: endedMs - startedMs,
    rows: receipt.rows,
    failures: failures.map(({ check, message }) => `${check}: ${message}`).join('; '),
  }
  return { code: passed ? 'DRILL_PASSED' : 'DRILL_FAILED', detail }
}

function verifyEvent({ passed, objects, bytes, startedMs, endedMs, failures }: VerifyReceipt) {
  const wrong = failures.map(({ check, message }) => `${check}: ${message}`).join('; ')
  const detail = { objects, bytes, tookMs: endedMs - startedMs, failures: wrong }
  return { code: passed ? 'VERIFY_PASSED' : 'VERIFY_FAILED', detail }
}

/**
 * GET /receipts: the newest. POST /drill?to=MS: one drill, answered with its receipt. POST
 * /synthesize?from=ID: a synthetic full backup, answered with lines of JSON.
 */
function answering(drills: Drills, synthesis: Synthesis, stop: AbortSignal): Server {
  return createServer((request, response) => {
    void answer(drills, synthesis, request, response, stop).catch((error: unknown) => {
      const code = error instanceof VeiligError ? error.code : 'DRILL_STOPPED'
      response.writeHead(500, JSON_TYPE).end(JSON.stringify({ code }))
    })
  })
}

const JSON_TYPE = { 'content-type': 'application/json' }

async function answer(
  drills: Drills,
  synthesis: Synthesis,
  request: IncomingMessage,
  response: ServerResponse,
  stop: AbortSignal,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://drill')
  const is = `${request.method} ${url.pathname}`
  if (is === 'GET /receipts') {
    response.writeHead(200, JSON_TYPE).end(JSON.stringify(drills.receipts().slice(-SHOWN_MAX)))
  } else if (is === 'POST /drill') {
    const to = url.searchParams.get('to')
    const targetMs = to === null ? undefined : Number(to)
    if (targetMs !== undefined && !Number.isSafeInteger(targetMs)) {
      throw new FaultError('DRILL_TARGET_INVALID', 'a moment in milliseconds')
    }
    const receipt = await drills.drill({ backup: undefined, targetMs }, stop)
    response.writeHead(200, JSON_TYPE).end(JSON.stringify(receipt))
  } else if (is === 'POST /synthesize') {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    await answerSynthesis(synthesis, url.searchParams.get('from') ?? undefined, response, stop)
  } else response.writeHead(404, JSON_TYPE).end('{"code":"NOT_FOUND"}')
}

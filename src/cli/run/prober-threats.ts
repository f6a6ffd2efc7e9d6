/**
 * What the probes of access.roles and threat.* are pointed at.
 *
 * @module
 */
import pg from 'pg'
import { readEvents, type RecordedEvent } from '#audit/read.ts'
import type { Probe } from '#services/prober/probe.ts'
import { accessRolesProbe } from '#services/prober/probes/access-roles.ts'
import {
  threatAlertedProbe,
  threatDetectedProbe,
  type AlertView,
} from '#services/prober/probes/threats.ts'
import type { Clock } from '#system/clock.ts'
import type { Context } from '../context.ts'

const ALERT_BOOK = 'detection'
const POLL_MS = 25
/** For a login and for a statement. */
const TIMEOUT_MS = 5_000
/** Alerts of other attacks may stand between; reading a few again costs nothing. */
const LOOK_BACK_RECORDS = 1_000

/** @param login Of the prober's own role, through the gateway. */
export function threatProbes(
  { config, paths, clock }: Pick<Context, 'config' | 'paths' | 'clock'>,
  login: pg.ClientConfig,
): readonly (readonly [string, Probe])[] {
  const { application, alertMaxMs } = config.prober
  const database = databaseView(login)
  const target = { ...database, alerts: alertView(paths.audit, clock), alertMaxMs }
  return [
    ['access.roles', accessRolesProbe({ ...application, ...database })],
    ['threat.detected', threatDetectedProbe(target)],
    ['threat.alerted', threatAlertedProbe(target)],
  ]
}

type Rows = readonly Readonly<Record<string, unknown>>[]

export type DatabaseView = {
  readonly query: (sql: string, signal: AbortSignal) => Promise<Rows>
  readonly attempt: (sql: string, signal: AbortSignal, database?: string) => Promise<string>
}

/** A connection for each statement, as any client would. */
export function databaseView(login: pg.ClientConfig): DatabaseView {
  const once = async (sql: string, signal: AbortSignal, database?: string): Promise<Rows> => {
    const own = { ...login, connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS }
    const client = new pg.Client({ ...own, ...(database === undefined ? {} : { database }) })
    client.on('error', () => undefined) // said by the call in progress
    const abort = (): void => void client.end().catch(() => undefined)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await client.connect()
      const { rows } = await client.query<Readonly<Record<string, unknown>>>(sql)
      return rows
    } finally {
      signal.removeEventListener('abort', abort)
      await client.end().catch(() => undefined)
    }
  }
  return {
    query: (sql, signal) => once(sql, signal),
    attempt: async (sql, signal, database) => {
      try {
        await once(sql, signal, database)
        return 'done'
      } catch (error) {
        if (error instanceof pg.DatabaseError && error.code !== undefined) return error.code
        throw error
      }
    },
  }
}

/** @param folder Of all books. */
export function alertView(folder: string, clock: Clock): AlertView {
  let seen = 0
  const find = async (
    code: string,
    drill: string,
    signal: AbortSignal,
  ): Promise<RecordedEvent | undefined> => {
    const follow = { clock, signal, pollMs: POLL_MS }
    for await (const event of readEvents({ folder, process: ALERT_BOOK, from: seen, follow })) {
      if (event.code !== code || event.detail['drill'] !== drill) continue
      seen = Math.max(seen, event.sequence - LOOK_BACK_RECORDS)
      return event
    }
    return undefined
  }
  return {
    awaitAlert: async (drill, signal) => {
      const event = await find('ALERT_RAISED', drill, signal)
      return event && { detector: String(event.detail['detector']) }
    },
    awaitDelivery: async (drill, signal) => {
      const event = await find('ALERT_DELIVERED', drill, signal)
      const { channel, latencyMs } = event?.detail ?? {}
      return event && { channel: String(channel), latencyMs: Number(latencyMs) }
    },
  }
}

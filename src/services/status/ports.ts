/**
 * What the status service needs from others.
 *
 * @module
 */
import type pg from 'pg'
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { ComponentConfig } from './config.ts'
import type { Heartbeats } from './monitors/heartbeats.ts'
import type { Looked } from './monitors/look.ts'
import type { DeskPorts } from './subscriptions/desk.ts'

/** Looks once. Never throws; ends soon after the signal aborts. */
export type Look = (signal: AbortSignal) => Promise<Looked>

/** A component and how it is looked at. */
export type Watched = Pick<ComponentConfig, 'id' | 'name'> & {
  readonly look: Look
  /** Between two looks, when not as configured. */
  readonly intervalMs?: number
  /**
   * Switched off on purpose, again and again, by whoever checks that this page shows outages. It is
   * shown apart, counts for nothing, and leaves no history.
   */
  readonly rehearsal?: true
}

export type StatusPorts = {
  readonly watched: readonly Watched[]
  /** Resolves when our own reference is within reach. */
  readonly reference: (signal: AbortSignal) => Promise<void>
  readonly pool: pg.Pool
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Unix socket of the public page. */
  readonly socket: string
  /** Unix socket for our own commands. */
  readonly controlSocket: string
  /** Who says itself that it lives; without it nobody does. */
  readonly hearts?: Heartbeats
  /** Without it nobody can subscribe. */
  readonly subscriptions?: Pick<DeskPorts, 'key' | 'mail' | 'post' | 'anywhere' | 'origin'>
  /** Told of what is wrong with ourselves. */
  readonly complain: (code: string, message: string) => void
}

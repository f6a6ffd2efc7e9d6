/**
 * What was learned and how far the books were read, as it outlives the process: one text, whole and
 * right or not taken at all. Losing it costs a reading of the books from their beginning.
 *
 * @module
 */
import { hash } from 'node:crypto'
import type { ReconcileState } from './reconcile.ts'
import type { WatchState } from './watch.ts'

export type Memory = {
  /** Book → the last record that was learned. */
  readonly sequences: Readonly<Record<string, number>>
  /** Detectors that were switched off, and told. */
  readonly off: readonly string[]
  readonly watch: WatchState
  /** Missing in what was kept before the server was asked. */
  readonly sessions?: ReconcileState | undefined
}

const FORMAT = 'veilig-detection 1'

export function encodeMemory(memory: Memory): string {
  const body = JSON.stringify(memory)
  return `${FORMAT} ${hash('sha256', body, 'hex')}\n${body}`
}

/** @returns Undefined for another format, and for what is not as it was written. */
export function decodeMemory(text: string): Memory | undefined {
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  if (text.slice(0, end) !== `${FORMAT} ${hash('sha256', body, 'hex')}`) return undefined
  return JSON.parse(body) as Memory
}

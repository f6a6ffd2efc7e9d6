/**
 * What a verification found: one vocabulary, each finding naming file and records.
 *
 * @module
 */
import type { Gap } from './explain.ts'

/** One thing that is not as it was written. Codes are in docs/errors.md. */
export type Finding = {
  readonly code: string
  readonly process: string
  readonly file: string
  /** Byte in the file, where there is one. */
  readonly offset?: number
  /** The records concerned, first and last, where they are known. */
  readonly first?: number
  readonly last?: number
  /** A sentence for people. */
  readonly message: string
}

export type Place = Pick<Finding, 'offset' | 'first' | 'last'>

/** Beyond these a book is rubble, and the list helps nobody. */
const FINDINGS_MAX = 1000

const gapKinds: Readonly<Record<Gap['kind'], readonly [code: string, what: string]>> = {
  altered: ['AUDIT_RECORD_ALTERED', 'altered'],
  missing: ['AUDIT_RECORD_MISSING', 'missing'],
  reordered: ['AUDIT_RECORD_REORDERED', 'not in the order they were written'],
  duplicated: ['AUDIT_RECORD_DUPLICATED', 'there a second time, or added'],
}

export class Findings {
  readonly list: Finding[] = []
  readonly #process: string

  constructor(process: string) {
    this.#process = process
  }

  get count(): number {
    return this.list.length
  }

  add(code: string, file: string, message: string, place: Place = {}): void {
    if (this.list.length >= FINDINGS_MAX) return
    this.list.push({ code, process: this.#process, file, message, ...place })
  }

  addGap(file: string, { kind, first, last, offset }: Gap): void {
    const [code, what] = gapKinds[kind]
    const verb = first === last ? 'is' : 'are'
    const or = kind === 'altered' && first > 0 ? `, or record ${first - 1} was with its hash` : ''
    this.add(code, file, `${records(first, last)} ${verb} ${what}${or}`, { offset, first, last })
  }
}

/** 'record 7', 'records 7 to 9'. */
export function records(first: number, last: number): string {
  return first === last ? `record ${first}` : `records ${first} to ${last}`
}

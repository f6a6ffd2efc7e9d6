/**
 * Damaged pages, as the server tells of them while it sends a backup. Pure.
 *
 * @module
 */
import type { ServerReport } from '#protocol/postgres/replication/messages.ts'
import type { DamagedPage } from '../repository/repository.ts'

/** ERROR of the server after a backup in which it saw wrong page checksums: data corrupted. */
export const SQLSTATE_DATA_CORRUPTED = 'XX001'

/** How many are listed by name; the count goes on. */
const LISTED_MAX = 10_000

/**
 * `checksum verification failed in file "./base/5/1259", block 3: calculated 1 but expected 2`, in
 * whatever language: the path stands in quotes, the block is the first number after it.
 * (basebackup.c, sendFile.)
 */
const PAGE_REPORT = /["„“«](?:\.\/)?([^"„“”»]+)["“”»][^0-9]*([0-9]{1,10})[^0-9]+[0-9A-Fa-f]+/u

export class DamageList {
  readonly #pages: DamagedPage[] = []

  get pages(): readonly DamagedPage[] {
    return this.#pages
  }

  /** Takes note of a warning, if that is what it is about. */
  hear(report: ServerReport): void {
    if (report.severity !== 'WARNING' || this.#pages.length >= LISTED_MAX) return
    const [, path, block] = PAGE_REPORT.exec(report.message) ?? []
    if (path !== undefined && block !== undefined) this.#pages.push({ path, block: Number(block) })
  }
}

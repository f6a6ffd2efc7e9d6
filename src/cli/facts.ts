/**
 * What the prober noted of the rows it wrote into the protected database: one file a day, one line
 * a row, outside the database, so that a drill can compare.
 *
 * @module
 */
import { join } from 'node:path'
import type { Disk } from '#system/disk.ts'

/** Times by the database's clock, in milliseconds since the Unix epoch. */
export type CanaryFact = {
  readonly nonce: string
  readonly beforeMs: number
  readonly committedMs: number
}

const DAY_MS = 86_400_000
/** Longer than anything that can be restored. */
export const FACTS_KEPT_DAYS = 100

export function noteCanary(disk: Disk, folder: string, fact: CanaryFact): void {
  using file = disk.openAppend(fileOf(folder, fact.beforeMs))
  file.append(Buffer.from(`${JSON.stringify(fact)}\n`))
}

/** Facts of the days from one moment to another. A line that a crash cut short is left out. */
export async function readCanaries(
  disk: Disk,
  folder: string,
  fromMs: number,
  toMs: number,
): Promise<CanaryFact[]> {
  const facts: CanaryFact[] = []
  for (let dayMs = fromMs - (fromMs % DAY_MS); dayMs <= toMs; dayMs += DAY_MS) {
    const file = fileOf(folder, dayMs)
    if ((await disk.size(file)) === undefined) continue
    for (const line of Buffer.from(await disk.read(file))
      .toString()
      .split('\n')) {
      const fact = parse(line)
      if (fact && fact.committedMs >= fromMs && fact.beforeMs <= toMs) facts.push(fact)
    }
  }
  return facts
}

export async function forgetOldFacts(disk: Disk, folder: string, nowMs: number): Promise<void> {
  const oldest = fileOf('', nowMs - FACTS_KEPT_DAYS * DAY_MS)
  for (const name of await disk.list(folder)) {
    if (name < oldest) await disk.remove(join(folder, name))
  }
}

function fileOf(folder: string, ms: number): string {
  return join(folder, `canaries-${new Date(ms).toISOString().slice(0, 10)}.jsonl`)
}

function parse(line: string): CanaryFact | undefined {
  try {
    return JSON.parse(line) as CanaryFact
  } catch {
    return undefined
  }
}

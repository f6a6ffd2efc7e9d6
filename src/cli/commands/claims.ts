/**
 * `veilig claims`: every claim, its state, the age of its evidence; what the trust page shows.
 *
 * @module
 */
import { sentenceDigest } from '#crypto/evidence.ts'
import { claimStatus, countStates, type ClaimState, type ClaimStatus } from '#lib/claims/state.ts'
import { claims } from '#lib/claims/table.ts'
import { FaultError } from '#lib/errors.ts'
import { claimsJson } from '#services/trust/json.ts'
import { EvidenceReader, type EvidenceView } from '#storage/evidence/reader.ts'
import { systemDisk } from '#system/disk.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'

export const claimsCommand: Command = {
  name: 'claims',
  summary: 'every claim, its state and the age of its evidence',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const { nowMs, statuses, view } = await look(context)
    const json = claimsJson({ nowMs, statuses, ...(view ? { view } : {}) })
    const text =
      input.values['json'] === true
        ? `${JSON.stringify(json, undefined, 2)}\n`
        : table(statuses, nowMs, input.interactive)
    process.stdout.write(text)
    return statuses.some(({ state }) => state === 'failing') ? 1 : 0
  },
}

export type Look = {
  readonly nowMs: number
  readonly statuses: readonly ClaimStatus[]
  readonly view: EvidenceView | undefined
}

/** @throws {IntegrityError} When the log does not verify: then no claim has a state. */
export async function look({ paths, clock, config }: Context): Promise<Look> {
  const place = { disk: systemDisk, folder: paths.evidence }
  const view = await new EvidenceReader(place).refresh().catch(noneYet)
  const nowMs = clock.nowMs()
  const statuses = claims.map((claim) => {
    const exception = config.trust.exceptions.find((found) => found.claim === claim.id)
    const running = exception && { ...exception, untilMs: Date.parse(exception.until) }
    const record = view?.records.get(claim.id)
    return claimStatus(claim, sentenceDigest(claim.sentence), record, running, nowMs)
  })
  return { nowMs, statuses, view }
}

/** Before the notary's first start there is no log, and every claim is unproven. */
function noneYet(error: unknown): undefined {
  if (error instanceof FaultError && error.code === 'DISK_MISSING') return undefined
  throw error
}

const marks: Readonly<Record<ClaimState, readonly [sign: string, colour: number]>> = {
  proven: ['✓', 32],
  failing: ['✗', 31],
  stale: ['◷', 33],
  unproven: ['○', 90],
  excepted: ['!', 35],
}

function table(statuses: readonly ClaimStatus[], nowMs: number, colours: boolean): string {
  const width = Math.max(...statuses.map(({ claim }) => claim.id.length))
  const rows = statuses.map(({ state, claim, record, exception }) => {
    const [sign, colour] = marks[state]
    const shown = `${sign} ${state.padEnd('unproven'.length)}`
    const age = record ? shortAge(nowMs - record.newest.measurement.endedMs) : '–'
    const painted = colours ? `\u001b[${colour}m${shown}\u001b[0m` : shown
    const why = exception ? `  (${exception.reason})` : ''
    return `${painted}  ${age.padStart(6)}  ${claim.id.padEnd(width)}  ${claim.sentence.en}${why}`
  })
  const counts = Object.entries(countStates(statuses))
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
  return `${[...rows, '', counts.join(', ')].join('\n')}\n`
}

const ages: readonly (readonly [unit: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
]

/** '3 min'. */
function shortAge(ms: number): string {
  const [unit, size] = ages.find(([, least]) => ms >= least) ?? ['s', 1000]
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`
}

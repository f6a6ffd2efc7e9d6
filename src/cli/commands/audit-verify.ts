/**
 * `veilig audit verify`: whether the audit trail is what was written.
 *
 * @module
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { listBooks, openCheckpoint } from '#audit/book-files.ts'
import { verifyPacked } from '#audit/verify-packed.ts'
import { verifyBook, type VerifyReport } from '#audit/verify.ts'
import type { Checkpoint } from '#crypto/checkpoint.ts'
import { UsageError } from '#lib/errors.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { readKeyFile } from '../repository.ts'
import { fetchTrail, trailStore, type FetchedTrail } from '../trail-copies.ts'
import { originIn, sealedCheckpoint, witnessAt } from '../witnessed.ts'
import type { Witnessed, WitnessView } from '../witnessed.ts'

export const auditVerifyCommand: Command = {
  name: 'audit verify',
  summary: 'verify that nothing in the audit trail was altered, removed or moved',
  usage:
    '[--process NAME] [--segments-only] [--checkpoint FILE | --witness URL] [--key VERIFIER-KEY] ' +
    '[--region NAME [--node NAME] [--recovery-key FILE] [--into DIR]] [--json]',
  options: {
    process: { type: 'string' },
    'segments-only': { type: 'boolean' },
    checkpoint: { type: 'string' },
    witness: { type: 'string' },
    key: { type: 'string' },
    region: { type: 'string' },
    node: { type: 'string' },
    'recovery-key': { type: 'string' },
    into: { type: 'string' },
  },
  run: async (context, input) => {
    await using place = await placeOf(context, input)
    const { folder, process: name, key, kept, witness } = await asked(place.audit, input.values)
    const books = name === undefined ? await listBooks(folder) : [name]
    const json = input.values['json'] === true
    let sound = true
    for (const process of books) {
      const begunMs = context.clock.monotonicMs()
      const onProgress = input.interactive && !json ? progress(process) : undefined
      const own = key !== undefined && !kept && !witness ? { key } : {}
      const shown = onProgress ? { onProgress } : {}
      const sealed = await sealedCheckpoint(place, process)
      const witnessed = await witnessedOf(witness, folder, process)
      const others = [kept, sealed, witnessed?.checkpoint]
      const trusted = others.filter((other) => other !== undefined)
      const verified = await verifyBook({ folder, process, trusted, ...own, ...shown })
      const book = place.fetched ? forgiven(verified, place.fetched, witnessed) : verified
      const packed = input.values['segments-only'] !== true && !place.fetched
      const report = packed ? await withPacked(book, folder, onProgress) : book
      sound &&= report.findings.length === 0
      const said = witness ? aboutWitness(witnessed, context.clock.nowMs()) : []
      if (json) printJson({ ...report, notes: [...report.notes, ...said] })
      else {
        const durationMs = context.clock.monotonicMs() - begunMs
        print({ ...report, notes: [...report.notes, ...said] }, durationMs, input.interactive)
      }
    }
    if (books.length === 0) process.stderr.write('there is no audit book here; is --data right?\n')
    const gone = witness && name === undefined ? await goneBooks(witness, folder, books) : []
    for (const origin of gone) {
      const finding = { code: 'AUDIT_BOOK_MISSING', message: `the whole book ${origin} is gone` }
      if (json) process.stdout.write(`${JSON.stringify({ sound: false, findings: [finding] })}\n`)
      else process.stdout.write(`  ${finding.code}  ${finding.message}\n`)
    }
    return sound && gone.length === 0 ? 0 : 1
  },
}

/** Also what questions are answered from: packed segments, each as its segment makes it. */
async function withPacked(
  report: VerifyReport,
  folder: string,
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<VerifyReport> {
  const { process } = report
  const packed = await verifyPacked({ folder, process, onProgress })
  if (packed.segments === 0) return report
  const { segments, records } = packed
  const note = `${segments} packed segments were compared, ${records} records`
  return {
    ...report,
    findings: [...report.findings, ...packed.findings],
    notes: [...report.notes, note, ...packed.notes],
  }
}

type Asked = {
  readonly folder: string
  readonly process: string | undefined
  readonly key: string | undefined
  /** A checkpoint from a file that somebody kept. */
  readonly kept: Checkpoint | undefined
  readonly witness: WitnessView | undefined
}

/** @throws {UsageError} Options that do not go together. */
async function asked(folder: string, values: CommandInput['values']): Promise<Asked> {
  const text = (option: string): string | undefined => {
    const value = values[option]
    return typeof value === 'string' ? value : undefined
  }
  const [process, checkpoint, url, key] = ['process', 'checkpoint', 'witness', 'key'].map(text)
  const known = await listBooks(folder)
  if (process !== undefined && !known.includes(process))
    throw new UsageError(
      'AUDIT_BOOK_UNKNOWN',
      `there is no audit book of '${process}' in ${folder}`,
    )
  const several = process === undefined && known.length !== 1
  if (checkpoint !== undefined && (key === undefined || several || url !== undefined))
    throw new UsageError(
      'OPTION_INVALID',
      '--checkpoint goes with --key and, of several books, --process',
    )
  if (url !== undefined && key === undefined)
    throw new UsageError('OPTION_INVALID', '--witness goes with --key, the key of the witness')
  const kept =
    checkpoint !== undefined && key !== undefined
      ? openCheckpoint(await readNote(checkpoint), [key])
      : undefined
  const witness = url !== undefined && key !== undefined ? witnessAt(url, key) : undefined
  return { folder, process, key, kept, witness }
}

/** Where books and their seal are; `fetched` when a region's copy of them was. */
type Place = AsyncDisposable & {
  readonly audit: string
  readonly seal: string
  readonly fetched?: FetchedTrail
}

/** @throws {UsageError} REGION_UNKNOWN, AUDIT_COPY_MISSING, KEY_FILE_MISSING, OPTION_INVALID. */
async function placeOf(context: Context, { values }: CommandInput): Promise<Place> {
  const { region, node, into } = values
  if (typeof region !== 'string') {
    if (node === undefined && into === undefined)
      return { ...context.paths, [Symbol.asyncDispose]: () => Promise.resolve() }
    throw new UsageError('OPTION_INVALID', '--node and --into go with --region')
  }
  const store = trailStore(context, region)
  const identity = await readKeyFile(context.paths, values['recovery-key'])
  const kept = typeof into === 'string' ? resolve(into) : undefined
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'veilig-trail-')))
  const [audit, seal] = [join(folder, 'audit'), join(folder, 'seal')]
  if ((await listBooks(audit)).length > 0)
    throw new UsageError('OPTION_INVALID', `${audit} has books already; name an empty folder`)
  const done = kept ? undefined : { recursive: true, force: true }
  const dispose = (): Promise<void> => (done ? rm(folder, done) : Promise.resolve())
  try {
    const machine = typeof node === 'string' ? node : undefined
    const fetched = await fetchTrail(store, identity, folder, machine)
    if (values['json'] !== true) process.stdout.write(aboutCopy(region, fetched))
    return { audit, seal, fetched, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

function aboutCopy(region: string, { node, parcels, newestMs, missing }: FetchedTrail): string {
  const until = new Date(newestMs).toISOString()
  const gap = missing > 0 ? `; ${missing} bytes of it are missing` : ''
  return `${region} has the trail of ${node} until ${until}, in ${parcels} parts${gap}\n`
}

/** A copy is made every few seconds: by so much the witness may be ahead of it. */
const COPY_LAG_MS = 15_000

function forgiven(
  report: VerifyReport,
  { newestMs }: FetchedTrail,
  witnessed: Witnessed | undefined,
): VerifyReport {
  const ahead = witnessed ? witnessed.checkpoint.size - report.records : 0
  const lagMs = (witnessed?.atS ?? 0) * 1000 - newestMs
  if (ahead <= 0 || lagMs > COPY_LAG_MS) return report
  const findings = report.findings.filter(({ code }) => code !== 'AUDIT_BOOK_TRUNCATED')
  if (findings.length === report.findings.length) return report
  const note = `the copy lacks the last ${ahead} records the witness signed for: it came first`
  return { ...report, findings, notes: [...report.notes, note] }
}

async function witnessedOf(
  witness: WitnessView | undefined,
  folder: string,
  process: string,
): Promise<Witnessed | undefined> {
  const origin = witness && (await originIn(folder, process))
  return origin === undefined ? undefined : witness?.latest(origin)
}

/** Logs of these books' machine that the witness knows and that have no book any more. */
async function goneBooks(
  witness: WitnessView,
  folder: string,
  books: readonly string[],
): Promise<readonly string[]> {
  const own = await Promise.all(books.map((process) => originIn(folder, process)))
  const nodes = new Set(own.map((origin) => origin?.split('/audit/')[0]))
  const known = await witness.origins()
  return known.filter((origin) => nodes.has(origin.split('/audit/')[0]) && !own.includes(origin))
}

function aboutWitness(witnessed: Witnessed | undefined, nowMs: number): readonly string[] {
  if (!witnessed) return ['the witness has signed nothing of this book']
  const { checkpoint, atS } = witnessed
  const ago = atS === undefined ? '' : `, ${Math.max(0, Math.round(nowMs / 1000 - atS))} s ago`
  return [`the witness signed for ${checkpoint.size} records${ago}`]
}

async function readNote(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const message = `the checkpoint ${file} cannot be read; give the file somebody kept`
    throw new UsageError('AUDIT_CHECKPOINT_UNREADABLE', message, { cause: error })
  }
}

function printJson(report: VerifyReport): void {
  process.stdout.write(`${JSON.stringify({ sound: report.findings.length === 0, ...report })}\n`)
}

function print(report: VerifyReport, durationMs: number, interactive: boolean): void {
  const { findings, notes, records, segments, vouched } = report
  const sound = findings.length === 0
  const [colour, plain] = interactive ? [sound ? '\x1b[32m' : '\x1b[31m', '\x1b[0m'] : ['', '']
  const verdict = sound ? 'as written' : 'NOT as written'
  const size = `${records} records in ${segments} ${segments === 1 ? 'segment' : 'segments'}`
  const signed = vouched > 0 ? `, signed for to record ${vouched - 1}` : ', not signed'
  const start = interactive ? '\r\x1b[2K' : ''
  process.stdout.write(
    `${start}${colour}${report.process}: ${verdict}${plain}  ${size}${signed}` +
      `  (${(durationMs / 1000).toFixed(1)} s)\n`,
  )
  for (const { code, file, offset, message } of findings) {
    const place = offset === undefined ? file : `${file}, byte ${offset}`
    process.stdout.write(`  ${code}  ${place}: ${message}\n`)
  }
  for (const note of notes) process.stdout.write(`  note: ${note}\n`)
}

function progress(name: string): (bytes: number, bytesTotal: number) => void {
  return (bytes, bytesTotal) => {
    const percent = bytesTotal === 0 ? 100 : Math.floor((100 * bytes) / bytesTotal)
    process.stdout.write(`\r\x1b[2K${name}: ${String(percent).padStart(3)} %`)
  }
}

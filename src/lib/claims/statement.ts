/**
 * A measurement and its in-toto statement: the words that prober, notary and readers share.
 *
 * Shapes only; canonical bytes and signatures are in `#crypto/`. Source: docs/formats/evidence.md
 * §2, whose limits are enforced here, on the way in and on the way out.
 *
 * @module
 */
import { ProtocolError } from '../errors.ts'

/** `unmeasured`: the probe could not decide; neither proof nor refutation. */
export type Outcome = 'pass' | 'fail' | 'unmeasured'

/** One thing that was measured. The sentence for it is in `findings.ts`, in every language. */
export type Finding = {
  readonly code: string
  readonly values: Readonly<Record<string, string | number>>
}

export type Measurement = {
  readonly claim: string
  readonly outcome: Outcome
  readonly findings: readonly Finding[]
  /** Bounds of the last run, milliseconds since the Unix epoch. */
  readonly startedMs: number
  readonly endedMs: number
  /** Runs with this same outcome that it stands for, the last included. */
  readonly runs: { readonly count: number; readonly firstMs: number }
  readonly probeVersion: number
}

/** A statement read back: what was measured, and about which sentence (SHA-256, hex). */
export type Statement = { readonly measurement: Measurement; readonly sentenceDigest: string }

export const STATEMENT_SIZE_MAX = 16_384
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
const PREDICATE_TYPE = 'urn:veilig:measurement:v1'
const FINDINGS_MAX = 32
const VALUES_MAX = 16
const STRING_MAX = 512
const RUNS_MAX = 1_000_000_000

/** A JSON value; the same shape as `#crypto/canonical-json.ts` knows. */
export type StatementJson =
  string | number | readonly StatementJson[] | { readonly [name: string]: StatementJson }

/** The statement of a measurement. @throws {ProtocolError} EVIDENCE_INVALID when out of limits. */
export function toStatement(measurement: Measurement, sentenceDigest: string): StatementJson {
  const statement: StatementJson = {
    _type: STATEMENT_TYPE,
    predicateType: PREDICATE_TYPE,
    subject: [{ name: measurement.claim, digest: { sha256: sentenceDigest } }],
    predicate: {
      outcome: measurement.outcome,
      findings: measurement.findings.map(({ code, values }) => ({ code, values })),
      probe: { name: measurement.claim, version: measurement.probeVersion },
      runs: { count: measurement.runs.count, first: writeTime(measurement.runs.firstMs) },
      started: writeTime(measurement.startedMs),
      ended: writeTime(measurement.endedMs),
    },
  }
  readStatement(statement)
  return statement
}

/** Reads a statement, believing nothing. @throws {ProtocolError} EVIDENCE_INVALID. */
export function readStatement(value: unknown): Statement {
  const top = object(value, ['_type', 'predicate', 'predicateType', 'subject'])
  if (top['_type'] !== STATEMENT_TYPE) throw invalid('_type')
  if (top['predicateType'] !== PREDICATE_TYPE) throw invalid('predicateType')
  const [only] = list(top['subject'], 1, 1)
  const subject = object(only, ['digest', 'name'])
  const claim = text(subject['name'], /^[a-z]+\.[a-z]+$/, 64, 'subject.name')
  const digest = object(subject['digest'], ['sha256'])
  const sentenceDigest = text(digest['sha256'], /^[0-9a-f]{64}$/, 64, 'subject.digest')
  const predicate = object(top['predicate'], [
    'ended',
    'findings',
    'outcome',
    'probe',
    'runs',
    'started',
  ])
  const probe = object(predicate['probe'], ['name', 'version'])
  if (probe['name'] !== claim) throw invalid('probe.name')
  const measurement: Measurement = {
    claim,
    ...readObservation(predicate),
    runs: readRuns(predicate['runs']),
    probeVersion: integer(probe['version'], 1, RUNS_MAX, 'probe.version'),
  }
  checkTimes(measurement)
  return { measurement, sentenceDigest }
}

type Observation = Pick<Measurement, 'outcome' | 'findings' | 'startedMs' | 'endedMs'>

function readObservation(predicate: Readonly<Record<string, unknown>>): Observation {
  return {
    outcome: readOutcome(predicate['outcome']),
    findings: list(predicate['findings'], 1, FINDINGS_MAX).map(readFinding),
    startedMs: readTime(predicate['started'], 'started'),
    endedMs: readTime(predicate['ended'], 'ended'),
  }
}

function readRuns(value: unknown): Measurement['runs'] {
  const runs = object(value, ['count', 'first'])
  return {
    count: integer(runs['count'], 1, RUNS_MAX, 'runs.count'),
    firstMs: readTime(runs['first'], 'runs.first'),
  }
}

function checkTimes({ startedMs, endedMs, runs }: Measurement): void {
  if (startedMs > endedMs) throw invalid('started after ended')
  if (runs.firstMs > endedMs) throw invalid('runs.first after ended')
}

function readFinding(value: unknown): Finding {
  const finding = object(value, ['code', 'values'])
  const code = text(finding['code'], /^[A-Z0-9_]+$/, 64, 'code')
  const values: unknown = finding['values']
  if (!isObject(values) || Object.keys(values).length > VALUES_MAX) throw invalid('values')
  const entries = Object.entries(values).map(([name, item]) => {
    text(name, /^[a-zA-Z]+$/, 32, 'values')
    return [
      name,
      typeof item === 'number' ? safe(item) : text(item, /^/, STRING_MAX, name),
    ] as const
  })
  return { code, values: Object.fromEntries(entries) }
}

function readOutcome(value: unknown): Outcome {
  if (value === 'pass' || value === 'fail' || value === 'unmeasured') return value
  throw invalid('outcome')
}

function writeTime(ms: number): string {
  if (!Number.isSafeInteger(ms) || Math.abs(ms) > 8.64e15) throw invalid('time')
  return new Date(ms).toISOString()
}

function readTime(value: unknown, name: string): number {
  const written = text(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 24, name)
  const ms = Date.parse(written)
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== written) throw invalid(name)
  return ms
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object with exactly these members, given sorted. */
function object(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw invalid(names.join())
  if (Object.keys(value).sort().join() !== names.join()) throw invalid(names.join())
  return value
}

function list(value: unknown, min: number, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length < min || value.length > max) throw invalid('list')
  return value as readonly unknown[]
}

function text(value: unknown, form: RegExp, bytesMax: number, name: string): string {
  if (typeof value !== 'string' || !form.test(value)) throw invalid(name)
  if (new TextEncoder().encode(value).length > bytesMax) throw invalid(name)
  return value
}

function integer(value: unknown, min: number, max: number, name: string): number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) throw invalid(name)
  return safe(value)
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw invalid('number')
  return value
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('EVIDENCE_INVALID', `statement: ${what}`)
}

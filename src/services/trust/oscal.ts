/**
 * The states of all claims as OSCAL assessment results, for the tools of auditors.
 *
 * Only what is proven is `satisfied`; the reason of the rest is in the remarks. Identifiers follow
 * from the contents, so that the same evidence is the same document.
 * Source: NIST OSCAL 1.1.2, assessment results model.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { describeFinding } from '#lib/claims/findings.ts'
import type { ClaimStatus } from '#lib/claims/state.ts'
import type { TrustConfig } from './config.ts'
import type { Snapshot } from './session.ts'

const OSCAL_VERSION = '1.1.2'
/** OSCAL asks for names of properties to have an owner. */
const NAMESPACE = 'urn:veilig:claims'

export type OscalResults = { readonly 'assessment-results': object }

export function oscal(
  { nowMs, statuses, view, problem }: Snapshot,
  { operator }: TrustConfig,
): OscalResults {
  const now = iso(nowMs)
  const seed = view ? Buffer.from(view.checkpoint.root).toString('hex') : (problem ?? 'no log')
  const measured = statuses.filter(({ record }) => record !== undefined)
  const started = Math.min(nowMs, ...measured.map(({ record }) => startOf(record)))
  return {
    'assessment-results': {
      uuid: uuid('document', seed, now),
      metadata: {
        title: `${operator}: promises about data, measured`,
        'last-modified': now,
        version: view ? String(view.checkpoint.size) : '0',
        'oscal-version': OSCAL_VERSION,
      },
      'import-ap': {
        href: '#plan',
        remarks:
          'Each promise names its own control and how it is measured; there is no other plan.',
      },
      results: [
        {
          uuid: uuid('result', seed, now),
          title: 'Continuous measurement',
          description: 'The newest signed measurement of every promise.',
          start: iso(started),
          end: now,
          'reviewed-controls': { 'control-selections': [{ 'include-all': {} }] },
          ...(measured.length > 0 ? { observations: measured.map(observation) } : {}),
          findings: statuses.map(finding),
        },
      ],
    },
  }
}

function observation({ claim, record }: ClaimStatus): object {
  const { measurement, index, leafHash, keyId } = record!.newest
  const said = measurement.findings.map((one) => describeFinding(one, 'en'))
  return {
    uuid: uuid('observation', claim.id, leafHash),
    title: claim.id,
    description: said.join(' ') || 'The measurement came to no verdict.',
    props: [
      { ns: NAMESPACE, name: 'log-index', value: String(index) },
      { ns: NAMESPACE, name: 'leaf-hash', value: leafHash },
      { ns: NAMESPACE, name: 'key-id', value: keyId },
      { ns: NAMESPACE, name: 'outcome', value: measurement.outcome },
    ],
    methods: ['TEST'],
    collected: iso(measurement.endedMs),
    expires: iso(measurement.endedMs + claim.boundMs),
    'relevant-evidence': [
      {
        href: 'evidence.bundle',
        description: `Entry ${index} of the signed log; check it with: veilig trust verify`,
      },
    ],
  }
}

function finding({ claim, state, reason, record, exception }: ClaimStatus): object {
  const proven = state === 'proven'
  const evidence = record
    ? [{ 'observation-uuid': uuid('observation', claim.id, record.newest.leafHash) }]
    : []
  return {
    uuid: uuid('finding', claim.id, state, record?.newest.leafHash ?? ''),
    title: claim.sentence.en,
    description: claim.control.en,
    target: {
      type: 'objective-id',
      'target-id': claim.id,
      status: {
        state: proven ? 'satisfied' : 'not-satisfied',
        reason: proven ? 'pass' : state === 'failing' ? 'fail' : 'other',
        remarks: exception ? `${state}: ${exception.reason}` : `${state} (${reason})`,
      },
    },
    ...(evidence.length > 0 ? { 'related-observations': evidence } : {}),
  }
}

function startOf(record: ClaimStatus['record']): number {
  return record?.newest.measurement.startedMs ?? Infinity
}

/** A UUID of version 5's form (RFC 9562 §5.5), made with SHA-256 of what it names. */
function uuid(...names: readonly string[]): string {
  const bytes = createHash('sha256').update(names.join('\n')).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

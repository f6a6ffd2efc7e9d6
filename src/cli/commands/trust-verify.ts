/**
 * `veilig trust verify FILE|URL`: checks an evidence bundle, as a stranger would, trusting nobody.
 *
 * With a file it needs no network, no data folder and no configuration.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises'
import { BUNDLE_BYTES_MAX, verifyBundle, type VerifiedBundle } from '#crypto/evidence-bundle.ts'
import { describeFinding } from '#lib/claims/findings.ts'
import { FaultError, UsageError } from '#lib/errors.ts'
import type { Command } from '../command.ts'

const FETCH_TIMEOUT_MS = 60_000

export const trustVerifyCommand: Command = {
  name: 'trust verify',
  summary: 'check signed evidence offline, trusting nobody',
  usage: 'FILE|URL [--key KEY] [--earlier FILE] [--json]',
  options: { key: { type: 'string' }, earlier: { type: 'string' } },
  run: async (_, input) => {
    const [source, ...more] = input.positionals
    if (source === undefined || more.length > 0)
      throw new UsageError('TRUST_VERIFY_SOURCE', 'name one file, or one https: address')
    const key = input.values['key']
    const trusted = typeof key === 'string' ? key : undefined
    const before = input.values['earlier']
    const earlier = typeof before === 'string' ? await readSource(before, input.signal) : undefined
    const verified = verifyBundle(await readSource(source, input.signal), trusted, earlier)
    const json = input.values['json'] === true
    process.stdout.write(json ? report(verified) : sentences(verified, trusted !== undefined))
    return 0
  },
}

/** @throws {FaultError} TRUST_BUNDLE_UNREADABLE. */
async function readSource(source: string, signal: AbortSignal): Promise<string> {
  try {
    if (/^https?:\/\//.test(source)) return await download(source, signal)
    if ((await stat(source)).size > BUNDLE_BYTES_MAX) throw new RangeError('it is too large')
    return await readFile(source, 'utf8')
  } catch (cause) {
    const message = `cannot read ${source}: ${(cause as Error).message}`
    throw new FaultError('TRUST_BUNDLE_UNREADABLE', message, { cause })
  }
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
  const response = await fetch(url, { signal: within })
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > BUNDLE_BYTES_MAX) throw new RangeError('it is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function sentences(verified: VerifiedBundle, pinned: boolean): string {
  const { checkpoint, keyId, evidence, whole } = verified
  const lines = evidence.flatMap(({ index, measurement }) => [
    `${measurement.outcome.toUpperCase().padEnd(10)} ${measurement.claim}`,
    `  ${verified.sentences[measurement.claim]?.en ?? ''}`,
    `  measured ${new Date(measurement.endedMs).toISOString()}, entry ${index}`,
    ...measurement.findings.map((finding) => `  – ${describeFinding(finding, 'en')}`),
    '',
  ])
  const own = verified.customers.flatMap(({ claim, customer, findings, index }) => [
    `FOR ${customer}: ${claim}, under entry ${index}`,
    ...findings.map((finding) => `  – ${describeFinding(finding, 'en')}`),
    '',
  ])
  const trust = pinned
    ? 'It is the key you named, or follows from it.'
    : 'Compare it with the key you know from elsewhere, or name that one with --key.'
  return [
    ...lines,
    ...own,
    `All ${evidence.length} signatures and proofs hold.`,
    `Log ${checkpoint.origin} with ${checkpoint.size} entries${whole ? ', root recomputed' : ''}.`,
    ...verified.keys.terms.slice(1).map(({ keyId: next, from, sinceMs = 0 }, at) => {
      const before = verified.keys.terms[at]?.keyId ?? ''
      return `Key ${next} took over from ${before} on ${dayOf(sinceMs)}, at entry ${from - 1}.`
    }),
    `Signed by key ${keyId}. ${trust}`,
    '',
  ].join('\n')
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function report({ checkpoint, keyId, keys, evidence, customers, whole }: VerifiedBundle): string {
  const { origin, size, root } = checkpoint
  const line = keys.terms.map((term) => ({
    keyId: term.keyId,
    from: term.from,
    sinceMs: term.sinceMs,
  }))
  const log = { origin, size, root: Buffer.from(root).toString('hex'), whole, keys: line }
  return `${JSON.stringify({ verified: true, keyId, log, evidence, customers }, undefined, 2)}\n`
}

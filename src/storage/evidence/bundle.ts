/**
 * Makes the bundle that a stranger downloads, from a verified view of the log.
 *
 * @module
 */
import { BUNDLE_FORMAT, type BundleEntry, type EvidenceBundle } from '#crypto/evidence-bundle.ts'
import { sentenceDigest } from '#crypto/evidence.ts'
import { inclusionProof } from '#crypto/merkle-proof.ts'
import { claims } from '#lib/claims/table.ts'
import { readEntries, type EvidencePlace } from './files.ts'
import type { EvidenceView } from './reader.ts'

/**
 * The newest and the newest decisive evidence of every claim, about its present sentence, with
 * every leaf hash; or of some claims alone, and then without.
 */
export async function makeBundle(
  place: EvidencePlace,
  view: EvidenceView,
  only?: ReadonlySet<string>,
): Promise<EvidenceBundle> {
  const { size } = view.checkpoint
  const wanted = new Set<number>()
  for (const { id, sentence } of claims) {
    if (only && !only.has(id)) continue
    const record = view.records.get(id)
    const digest = sentenceDigest(sentence)
    for (const evidence of [record?.newest, record?.decisive]) {
      if (evidence?.sentenceDigest === digest) wanted.add(evidence.index)
    }
  }
  const subtree = (level: number, index: number): Uint8Array => view.tiles.subtree(level, index)
  const proven = (index: number, entry: Uint8Array): BundleEntry => {
    const proof = inclusionProof(subtree, index, size).map(base64)
    return { index, envelope: base64(entry), proof }
  }
  const entries: BundleEntry[] = []
  for (const index of [...wanted].toSorted((a, b) => a - b)) {
    const [entry] = await readEntries(place, index, index + 1)
    if (entry) entries.push(proven(index, entry))
  }
  const { handovers } = view.keys
  return {
    format: BUNDLE_FORMAT,
    vkey: view.verifierKey,
    checkpoint: view.note,
    sentences: Object.fromEntries(claims.map(({ id, sentence }) => [id, sentence])),
    entries,
    ...(handovers.length > 0
      ? { successions: handovers.map(({ index, entry }) => proven(index, entry)) }
      : {}),
    ...(only ? {} : { leaves: base64(view.tiles.leaves(size)) }),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

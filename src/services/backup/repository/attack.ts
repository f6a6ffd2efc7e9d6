/**
 * What a stranger would try with an object he got hold of; for the probe, which holds no key.
 *
 * @module
 */
import { IntegrityError } from '#lib/errors.ts'
import type { RepositoryReader } from './open-reader.ts'
import type { Random } from './data-key.ts'
import { openWhole } from './sealing.ts'
import { checkObject } from './synchronise.ts'

/**
 * Opens a sealed object with another key, and hands it in with one bit flipped.
 *
 * @param below Draws a whole number from 0 to below its argument.
 * @returns Which of the two went through, in words; undefined when neither did.
 * @throws {IntegrityError} When the object as it lies there is not genuine: nothing is then shown.
 */
export async function attackObject(
  reader: RepositoryReader,
  name: string,
  bytes: Uint8Array,
  below: (below: number) => number,
  random: Random,
): Promise<string | undefined> {
  const { root, proofs } = reader
  checkObject(root, proofs, name, bytes)
  if (await opensWithAnotherKey(reader, name, bytes, random)) return 'with a wrong key'
  const flipped = Uint8Array.from(bytes)
  const at = below(flipped.length)
  flipped[at] = (flipped[at] ?? 0) ^ (1 << below(8))
  const passes = !(await refused(() => checkObject(root, proofs, name, flipped)))
  return passes ? 'with one bit flipped' : undefined
}

async function opensWithAnotherKey(
  reader: RepositoryReader,
  name: string,
  bytes: Uint8Array,
  random: Random,
): Promise<boolean> {
  const { systemIdentifier } = reader.cluster()
  const key = random(32)
  const wrong = (keyId: Uint8Array): ReturnType<RepositoryReader['dataKeys']> => {
    const period = { purpose: 'backup', periodStartMs: 0 } as const
    return Promise.resolve({ header: { keyId, generation: 0, systemIdentifier, ...period }, key })
  }
  const kinds = ['pack', 'manifest', 'wal', 'wal-whole'] as const
  return !(await refused(() => openWhole(name, bytes, kinds, reader.root.repositoryId, wrong)))
}

async function refused(act: () => unknown): Promise<boolean> {
  try {
    await act()
    return false
  } catch (error) {
    if (error instanceof IntegrityError) return true
    throw error
  }
}

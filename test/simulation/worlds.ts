/**
 * Many worlds, one after the other, of each kind of promise.
 *
 * @module
 */
import { notLived, World, type Lived } from './world.ts'

export type Kind = { readonly name: string; readonly required: number; readonly needed: number }

/** Of three regions. */
export const kinds: readonly Kind[] = [
  { name: 'asynchronous, all regions required', required: 3, needed: 0 },
  { name: 'asynchronous, one region required', required: 1, needed: 0 },
  { name: 'synchronous, two of three regions', required: 1, needed: 2 },
  { name: 'synchronous, all that are required', required: 2, needed: 2 },
]

const STEPS = 40

/** @throws {Error} Naming the seed of the world in which a promise was broken. */
export async function liveThrough(kind: Kind, seed: number, worlds: number): Promise<Lived> {
  const sum: Lived = { ...notLived }
  const { required, needed } = kind
  for (let at = seed; at < seed + worlds; at++) {
    const world = new World({ seed: at, steps: STEPS, required, needed })
    const lived = await world.live().catch((cause: unknown) => {
      throw new Error(`seed ${at}, ${kind.name}: ${(cause as Error).message}`, { cause })
    })
    for (const count of Object.keys(sum) as (keyof Lived)[]) sum[count] += lived[count]
  }
  return sum
}

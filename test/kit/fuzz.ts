/**
 * Parsers given bytes that are almost right, with one oracle: each answers, or dies of a code that
 * docs/errors.md declares, and nothing else.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { VeiligError } from '#lib/errors.ts'
import { mulberry32 } from './random.ts'

const INPUTS = Number(process.env['VEILIG_FUZZ'] ?? '400')
const SEED = Number(process.env['VEILIG_SEED'] ?? '20261123')
const DECLARED = new Set(
  readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8').match(
    /(?<=^\| )[A-Z][A-Z0-9_]+(?= \|)/gm,
  ),
)

/** Name of a parser → something it takes, and how it is called. */
export type Parsers = Readonly<
  Record<string, readonly [good: Uint8Array, parse: (bytes: Uint8Array) => unknown]>
>

export function fuzzText(string: string): Buffer {
  return Buffer.from(string, 'latin1')
}

/** A test for each: `VEILIG_FUZZ` inputs made from what is right, by `VEILIG_SEED`. */
export function fuzzParsers(parsers: Parsers): void {
  for (const [name, [good, parse]] of Object.entries(parsers)) {
    test(`fuzz: ${name}: whatever comes, only declared codes`, async (t) => {
      if (INPUTS > 400) t.diagnostic(`seed ${SEED}, ${INPUTS} inputs`)
      await parse(good.slice())
      const random = mulberry32(SEED)
      for (let input = 0; input < INPUTS; input++) {
        const bytes = almost(good, random)
        try {
          await parse(bytes)
        } catch (error) {
          const code = error instanceof VeiligError ? error.code : String(error)
          assert(DECLARED.has(code), `${code} for ${Buffer.from(bytes).toString('hex')}`)
        }
      }
    })
  }
}

/** The same with a few changes: bytes, lengths, cuts, repetitions. */
function almost(good: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit)
  let bytes = Buffer.from(good)
  for (let change = below(4); change >= 0; change--) {
    const at = below(bytes.length)
    const kind = below(6)
    if (kind === 0) bytes[at] = below(256)
    else if (kind === 1) bytes[at] = [0, 0x7f, 0x80, 0xff][below(4)] ?? 0
    else if (kind === 2) bytes = bytes.subarray(0, at)
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)])
    else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), bytes])
    else if (at + 4 <= bytes.length) bytes.writeInt32BE(below(300) - 20, at)
  }
  return bytes
}

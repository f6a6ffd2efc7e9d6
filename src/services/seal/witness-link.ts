/**
 * One book as one witness knows it: how far it has signed, and what came since.
 *
 * What a witness that is away has not seen is not kept without end: beyond a bound it is let go,
 * and read from the book again when the witness answers.
 *
 * @module
 */
import { Growth } from '#crypto/growth.ts'
import type { Frontier } from '#crypto/merkle.ts'
import { noteVerifier, parseNote, verifyNote, type NoteVerifier } from '#crypto/signed-note.ts'
import { encodeAddCheckpoint, type AddCheckpoint } from '#crypto/witness-message.ts'
import { VeiligError } from '#lib/errors.ts'
import type { WitnessAddress } from './config.ts'
import type { AskWitness } from './ports.ts'

/** Leaves kept for one witness of one book: 4 MiB of hashes. */
export const LEAVES_MAX = 131_072
const TIMEOUT_MS = 2_000
/** A witness that is away is not asked by every book each second. */
const PAUSE_MS = 10_000
/** There is more to show, or the witness said where to begin. */
const AGAIN: unique symbol = Symbol('again')

/** How the link to a witness is. */
export type LinkState =
  | 'new'
  | 'signed'
  /** It does not answer, or with what is no signature of its own. */
  | 'silent'
  /** It refuses: it does not watch this log, or has seen another history. */
  | 'refused'
  /** It has signed for more records than the book has. */
  | 'ahead'

export type LinkPorts = {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
  readonly ask: AskWitness
  /** The tree of the book at a size; undefined when the book is shorter. */
  readonly treeAt: (size: number) => Promise<Frontier | undefined>
  /** A note of ours over this tree. */
  readonly sign: (tree: { readonly size: number; readonly root: Uint8Array }) => string
  /** The leaves of the book from a size on, at most so many. */
  readonly leavesFrom: (size: number, max: number) => Promise<readonly Uint8Array[]>
}

export class WitnessLink {
  readonly address: WitnessAddress
  readonly #ports: LinkPorts
  readonly #verifier: NoteVerifier
  /** Undefined until it is known what the witness has seen. */
  #growth: Growth | undefined
  #notBeforeMs = -Infinity
  state: LinkState = 'new'
  /** Why it is as it is, for the operator. */
  reason = ''

  /** @throws {IntegrityError} NOTE_KEY_INVALID. */
  constructor(address: WitnessAddress, ports: LinkPorts) {
    this.address = address
    this.#ports = ports
    this.#verifier = noteVerifier(address.key)
  }

  /** Records the witness has signed for, as far as is known. */
  get size(): number {
    return this.#growth?.oldSize ?? 0
  }

  /** The book has grown by these. */
  grew(leaves: readonly Uint8Array[]): void {
    if (!this.#growth) return
    if (this.#growth.count + leaves.length > LEAVES_MAX) this.#growth = undefined
    else for (const leaf of leaves) this.#growth.append(leaf)
  }

  /**
   * Brings the witness up to a size, in several steps when it is far behind.
   *
   * @returns The line of its signature over the note of that size, when it has signed it.
   */
  async bring(size: number, note: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#ports.nowMs() < this.#notBeforeMs) return undefined
    try {
      for (let step = 0; !signal.aborted; step++) {
        const line = await this.#step(size, note, signal, step)
        if (line !== AGAIN) return line
      }
    } catch (error) {
      if (signal.aborted) return undefined
      this.#growth = undefined
      this.#notBeforeMs = this.#ports.nowMs() + PAUSE_MS
      this.#set('silent', error instanceof VeiligError ? error.code : (error as Error).message)
    }
    return undefined
  }

  async #step(
    size: number,
    note: string,
    signal: AbortSignal,
    step: number,
  ): Promise<string | undefined | typeof AGAIN> {
    const growth = this.#growth
    const body = growth ? this.#request(growth, size, note) : { oldSize: 0, proof: [], note }
    const { url } = this.address
    const either = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    const reply = await this.#ports.ask(url, 'add-checkpoint', encodeAddCheckpoint(body), either)
    if (reply.status === 409 && step < 2) return this.#locate(Number(reply.body), size)
    if (reply.status !== 200) {
      this.#growth = undefined
      this.#set('refused', `it answered ${reply.status}`)
      return undefined
    }
    verifyNote(parseNote(`${body.note}${reply.body}`), [this.#verifier])
    this.#set('signed', '')
    const tree = growth ? growth.frontier() : await this.#ports.treeAt(size)
    if (tree && tree.size < size) return this.#advance(tree, size)
    this.#growth = tree && new Growth(tree)
    return reply.body
  }

  /** Of the whole book when the witness is near, of a part of it when it is far behind. */
  #request(growth: Growth, size: number, note: string): AddCheckpoint {
    const part = { size: growth.size, root: growth.root() }
    const text = growth.size === size ? note : this.#ports.sign(part)
    return { oldSize: growth.oldSize, proof: growth.proof(), note: text }
  }

  /** The witness says how far it is: what came since is read from the book again. */
  async #locate(at: number, size: number): Promise<undefined | typeof AGAIN> {
    this.#growth = undefined
    if (!Number.isSafeInteger(at) || at < 0) {
      this.#set('silent', 'its answer makes no sense')
      return undefined
    }
    const tree = at <= size ? await this.#ports.treeAt(at) : undefined
    if (!tree) {
      this.#set('ahead', `it has signed for ${at} records, and the book has ${size}`)
      return undefined
    }
    return this.#advance(tree, size)
  }

  async #advance(tree: Frontier, size: number): Promise<typeof AGAIN> {
    const growth = new Growth(tree)
    const max = Math.min(LEAVES_MAX, size - tree.size)
    for (const leaf of await this.#ports.leavesFrom(tree.size, max)) growth.append(leaf)
    this.#growth = growth
    return AGAIN
  }

  #set(state: LinkState, reason: string): void {
    this.state = state
    this.reason = reason
  }
}

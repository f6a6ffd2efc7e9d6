/**
 * One book under seal: read as it grows, signed for, shown to the witnesses.
 *
 * @module
 */
import { join } from 'node:path'
import { LeafReader, treeAt, type LeavesOptions } from '#audit/leaves.ts'
import { encodeCheckpoint, parseCheckpoint } from '#crypto/checkpoint.ts'
import { MerkleTree, rootOf } from '#crypto/merkle.ts'
import {
  noteVerifier,
  parseNote,
  signNote,
  verifyNote,
  type NoteSigner,
} from '#crypto/signed-note.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { SealConfig } from './config.ts'
import type { SealPorts } from './ports.ts'
import { sealKeysIn } from './seal-key.ts'
import { WitnessLink } from './witness-link.ts'

/** Leaves taken over between two checkpoints: more wait for the next. */
const STEP_MAX = 65_536

export class SealedBook {
  readonly process: string
  readonly links: readonly WitnessLink[]
  readonly #ports: SealPorts
  readonly #signer: () => NoteSigner
  readonly #from: LeavesOptions
  #reader: LeafReader | undefined
  #tree = new MerkleTree()
  /** Records the last checkpoint on disk covers, and whether all witnesses signed it. */
  #sealed = -1
  #allSigned = false
  /** Whose signature the checkpoint on disk has. */
  #signedBy = ''

  /** @param process Whose book it is. @param signer The seal's, as it is now. */
  constructor(process: string, signer: () => NoteSigner, config: SealConfig, ports: SealPorts) {
    this.process = process
    this.#ports = ports
    this.#signer = signer
    this.#from = { folder: ports.audit, process, disk: ports.disk }
    this.links = config.witnesses.map(
      (witness) =>
        new WitnessLink(witness, {
          ask: ports.ask,
          nowMs: () => ports.clock.monotonicMs(),
          treeAt: (size) => treeAt(this.#from, size),
          sign: (tree) => this.#sign(tree),
          leavesFrom: (size, max) => this.#leavesFrom(size, max),
        }),
    )
  }

  /** Records read and signed for. */
  get size(): number {
    return this.#tree.size
  }

  /**
   * Takes over what is new, signs for it, and shows it to the witnesses.
   *
   * @throws {IntegrityError} AUDIT_BOOK_DAMAGED, SEAL_BOOK_REWRITTEN, SEAL_BOOK_TRUNCATED: the book
   *   is not the one that was signed for before.
   * @throws {FaultError} DISK_….
   */
  async advance(signal: AbortSignal): Promise<void> {
    this.#reader ??= await this.#resume()
    const leaves = await this.#reader.next(STEP_MAX)
    if (leaves) {
      await this.#reader.sync(leaves.segments)
      for (const hash of leaves.hashes) this.#tree.append(hash)
      for (const link of this.links) link.grew(leaves.hashes)
    }
    const isSealed = this.size === this.#sealed && this.#signedBy === this.#signer().verifierKey
    if (this.size === 0 || (isSealed && this.#allSigned)) return
    const note = this.#sign({ size: this.size, root: this.#tree.root() })
    if (!isSealed) await this.#keep(note)
    const lines = await Promise.all(this.links.map((link) => link.bring(this.size, note, signal)))
    const signed = lines.filter((line) => line !== undefined)
    this.#allSigned = signed.length === lines.length
    if (signed.length > 0) await this.#keep(`${note}${signed.join('')}`)
  }

  async #keep(note: string): Promise<void> {
    await this.#ports.disk.replace(this.#file(), Buffer.from(note))
    this.#sealed = this.size
    this.#signedBy = this.#signer().verifierKey
  }

  /** Goes on from the last checkpoint, when the book still begins with what it stands for. */
  async #resume(): Promise<LeafReader> {
    const { disk } = this.#ports
    if ((await disk.size(this.#file())) === undefined) return new LeafReader(this.#from, 0)
    const note = parseNote(Buffer.from(await disk.read(this.#file())).toString())
    const keys = await sealKeysIn(this.#ports.folder)
    verifyNote(note, keys.map(noteVerifier))
    const { size, root } = parseCheckpoint(note.text)
    const tree = await treeAt(this.#from, size)
    if (!tree) {
      const message = `of ${size} records of ${this.process} that were signed for, some are gone`
      throw new IntegrityError('SEAL_BOOK_TRUNCATED', message)
    }
    if (Buffer.compare(rootOf(tree), root) !== 0) {
      const message = `the first ${size} records of ${this.process} are not those signed for`
      throw new IntegrityError('SEAL_BOOK_REWRITTEN', message)
    }
    this.#tree = new MerkleTree(tree)
    this.#sealed = size
    return new LeafReader(this.#from, size)
  }

  async #leavesFrom(size: number, max: number): Promise<readonly Uint8Array[]> {
    const reader = new LeafReader(this.#from, size)
    const found: Uint8Array[] = []
    while (found.length < max) {
      const leaves = await reader.next(max - found.length)
      if (!leaves) break
      for (const hash of leaves.hashes) found.push(hash)
    }
    return found
  }

  #sign({ size, root }: { readonly size: number; readonly root: Uint8Array }): string {
    const origin = `${this.#ports.node}/audit/${this.process}`
    return signNote(encodeCheckpoint({ origin, size, root }), [this.#signer()])
  }

  #file(): string {
    return join(this.#ports.folder, this.process, 'checkpoint')
  }
}
